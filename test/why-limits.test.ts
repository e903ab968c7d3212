import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createTraceId, signedPack } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import { runProgram } from './servers/run-program.js'
import {
  type Account,
  KEY,
  type Service,
  type Start,
  type StoredRecord,
  sign,
  signWishes,
  startService,
  sumKinds,
} from './why/limits-service.js'

const services: Service[] = []
afterEach(() => {
  for (const { child } of services.splice(0)) child.kill('SIGKILL')
})

async function start(options?: Start): Promise<Service> {
  const service = await startService(options)
  services.push(service)
  return service
}

const PRINT_LOADED = new URL('why/print-loaded.mjs', import.meta.url).href
const EXIT = fileURLToPath(new URL('why/exit.mjs', import.meta.url))
const PERMISSION = Number.parseInt(process.versions.node, 10) < 22 ? '--experimental-permission' : '--permission'
/**
 * The flag that permits the network. Node 26 needs the flag, because `--permission` then also restricts the network.
 */
const ALLOW_NET = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : []
const FRAMEWORKS = ['express', 'koa', 'fastify']
const CPU = { OSPROFILER_WHY: 'cpu' }
const pick = (records: readonly StoredRecord[], name: string): StoredRecord | undefined =>
  records.find(record => record.name === name)

/** An account says where a request's own time went: see docs/why.md. The wish `why` in a ticket asks for an account. */
describe('a service', () => {
  it('loads neither the inspector nor the code that creates accounts before the first valid wish', async () => {
    const service = await start({ env: CPU, args: ['--import', PRINT_LOADED] })
    const isLoaded = (): boolean => JSON.stringify(service.notes).includes('create-account')
    const [info, hmac] = signedPack({ base_id: createTraceId(), parent_id: createTraceId() }, 'another key of a caller')
    const { headers } = sign(['why=cpu'])
    const withTicket = (ticket: string): Record<string, string> => ({ ...sign().headers, 'x-trace-ticket': ticket })
    const replayed = sign()
    const refused: Record<string, string>[] = [
      {},
      { 'x-trace-ticket': headers['x-trace-ticket'] ?? '' },
      {
        'x-trace-info': info,
        'x-trace-hmac': hmac,
        'x-trace-ticket': signWishes(info, ['why=cpu'], 'another key of a caller'),
      },
      withTicket(headers['x-trace-ticket'] ?? ''),
      withTicket(signWishes(headers['x-trace-info'] ?? '', ['why=cpu'], 'another key of a caller')),
      withTicket('1;why=cpu'),
      replayed.headers,
      { ...replayed.headers, 'x-trace-ticket': replayed.headers['x-trace-ticket']?.replace(';;', ';why=cpu;') ?? '' },
      replayed.headers,
      sign(['why=cpu@billing']).headers,
      sign(['why', 'why=all', 'code', 'answer']).headers,
    ]
    for (const each of refused) await (await service.send('compute?ms=1', each)).text()
    expect(await service.ask('modules')).toEqual([])
    expect(isLoaded()).toBe(false)

    await service.explain('compute?ms=1', ['why=cpu'])

    expect(await service.ask('modules')).toContain('NativeModule inspector')
    expect(isLoaded()).toBe(true)
  })
})

describe('the level of an account', () => {
  it.each<[string, Start, readonly string[], object]>([
    ['is waits by default', {}, ['why=cpu'], { level: 'waits', asked: 'cpu', because: 'setting' }],
    ['is waits if the ticket asks for no more', { env: CPU }, ['why=waits'], { level: 'waits' }],
    ['is cpu if the service allows it', { env: CPU }, ['why=cpu'], { level: 'cpu' }],
    [
      'is the level that the ticket requests from this service',
      { env: CPU },
      ['why=cpu', 'why=waits@orders'],
      { level: 'waits' },
    ],
    ['is cpu if the program allows it in code', { setup: { why: 'cpu' } }, ['why=cpu@orders'], { level: 'cpu' }],
    [
      'is waits if starting the CPU profiler might pause the process for more than maxPauseMs',
      { setup: { why: { level: 'cpu', maxPauseMs: 1 } } },
      ['why=cpu'],
      { level: 'waits', asked: 'cpu', because: 'heap' },
    ],
  ])('%s', async (_, options, wants, expected) => {
    const service = await start(options)

    const { version, level, asked, because, refused } = await service.explain('both', wants)

    expect({ version, level, asked, because, refused }).toEqual({ version: 1, ...expected })
  })

  it('is "waits" for ten seconds after an account with the level "cpu" began', async () => {
    const service = await start({ env: CPU })
    await service.explain('compute', ['why=cpu'])

    const accounts = [await service.explain('compute', ['why=cpu']), await service.explain('compute', ['why=waits'])]

    expect(accounts).toMatchObject([{ level: 'waits', asked: 'cpu', because: 'interval' }, { level: 'waits' }])
    expect(accounts[1]).not.toHaveProperty('because')
  })

  it.each([
    ['the environment variables', { env: { OSPROFILER_WHY: 'off' } }],
    ['the options', { setup: { why: 'off' } }],
  ])('is missing if %s forbid accounts', async (_, options) => {
    const service = await start(options)

    expect(await service.explain('compute', ['why=cpu'])).toEqual({ version: 1, refused: 'off', asked: 'cpu' })
    expect(await service.ask('modules')).toEqual([])
  })

  it.each([
    [
      'OSPROFILER_WHY',
      { OSPROFILER_WHY: 'everything' },
      {},
      'OSPROFILER_WHY must be off, waits or cpu, not "everything"',
    ],
    ['a level', {}, { why: 'all' }, 'why must be off, waits or cpu, not "all"'],
    ['a level in an object', {}, { why: { level: 'all' } }, 'why.level must be off, waits or cpu, not "all"'],
    ['others', {}, { why: { others: 'no' } }, 'others must be of type boolean'],
    ['a limit', {}, { why: { maxPauseMs: -1 } }, 'maxPauseMs'],
    ['an unknown member', {}, { why: { maxPause: 1 } }, 'maxPause'],
    ['null', {}, { why: null }, 'why is null'],
    ['a number', {}, { why: 7 }, 'why'],
  ])('is rejected with a clear error if its setting is invalid: %s', async (_, env, setup, message) => {
    const isOfEnvironment = 'OSPROFILER_WHY' in env
    const started = start({ env, setup: { ...setup, strict: true } })

    await expect(started).rejects.toThrow(message)
    if (isOfEnvironment) {
      const service = await start({ env })
      await service.ask('compute?ms=1')
      expect(service.said.stderr).toContain(message)
    }
  })
})

describe.each(FRAMEWORKS)('a request to %s', FRAMEWORK => {
  it('has one account, which is recorded below the served point when the request ends', async () => {
    const service = await start({ env: { ...CPU, FRAMEWORK } })
    const { baseId, headers } = sign(['why=cpu'])

    await (await service.send('both', headers)).text()

    const records = await service.records(baseId, 4)
    const [served, end] = [pick(records, 'wsgi-start'), pick(records, 'wsgi-stop')]
    const [from, to] = [pick(records, 'why-start'), pick(records, 'why-stop')]
    expect(end?.info.points).toMatchObject({ recorded: 1, pending: 1 })
    expect([from?.parent_id, to?.parent_id]).toEqual([served?.trace_id, served?.trace_id])
    expect([from?.timestamp, to?.timestamp]).toEqual([end?.timestamp, end?.timestamp])
    expect(Object.keys(to?.info ?? {})).toEqual(['host'])
    const account = await service.account(baseId)
    expect(Math.abs(sumKinds(account) - account.wallMs)).toBeLessThan(1)
    const [cpu, timer] = [
      account.causes.find(({ kind }) => kind === 'cpu'),
      account.causes.find(({ what }) => what === 'timer'),
    ]
    expect(cpu).toMatchObject({ function: 'sumPrices', file: 'test/why/service.mjs' })
    expect(timer).toMatchObject({ kind: 'wait', function: 'sleep', file: 'test/why/service.mjs' })
  })
})

describe('a service that calls other services', () => {
  it('forwards all wishes except those for itself, in the ticket and not in the signed headers', async () => {
    const service = await start({ env: CPU })
    const { baseId, headers } = sign(['why=cpu', 'why=waits@orders', 'why=cpu@billing'])

    const sent = (await (await service.send(`call?port=${service.port}`, headers)).json()) as Record<string, string>

    const [call] = (await service.records(baseId, 4)).filter(({ name }) => name === 'http-start')
    const [info] = signedPack({ base_id: baseId, parent_id: call?.trace_id ?? '' }, KEY)
    expect(sent['x-trace-info']).toBe(info)
    expect(sent['x-trace-ticket']?.split(';')[7]).toBe('why=cpu,why=cpu@billing')
  })
})

describe('simultaneous requests', () => {
  it('are served and traced, but only the first has an account', async () => {
    const service = await start({ env: CPU })
    const first = sign(['why=cpu'])
    const waiting = service.send('wait?ms=400', first.headers)
    const second = await service.explain('wait?ms=1', ['why=waits'])
    await (await waiting).text()

    expect(second).toEqual({ version: 1, refused: 'busy', asked: 'waits' })
    expect(await service.account(first.baseId)).toMatchObject({ level: 'cpu' })
    expect(await service.explain('wait?ms=1', ['why=waits'])).toMatchObject({ level: 'waits' })
  })

  it('have only one account if they belong to one trace', async () => {
    const service = await start({ env: CPU })
    const { baseId, headers } = sign(['why=cpu'])

    await (await service.send(`loop?port=${service.port}&path=compute`, headers)).text()

    await service.account(baseId)
    const { headers: later } = sign()
    await (await service.send('compute?ms=1', later)).text()
    const records = await service.records(baseId, 10)
    expect(records.filter(({ name }) => name === 'why-start')).toHaveLength(1)
    expect(records.filter(({ name }) => name === 'wsgi-start')).toHaveLength(4)
  })

  it.each([
    [true, 'serveOthers'],
    [false, 'others'],
  ])(
    'that block the event loop are named in the account of another request only if `others` is true: %s',
    async (others, by) => {
      const service = await start({ setup: { why: { level: 'cpu', others } } })
      const { baseId, headers } = sign(['why=cpu'])
      const waiting = service.send('wait?ms=150', headers)
      // This request blocks the event loop until after the timer is due.
      await service.ask('hold?ms=300')
      await (await waiting).text()

      const account = await service.account(baseId)

      expect(account.causes.filter(({ kind }) => kind === 'held').map(cause => cause.by)).toContain(by)
      expect(JSON.stringify(account).includes('serveOthers')).toBe(others)
    },
  )
})

describe('a long request', () => {
  it('has an account that is cut after ten seconds, and whose times add up to its duration', async () => {
    const service = await start({ env: CPU })

    const account = await service.explain('wait?ms=10500', ['why=cpu'])

    const causes = account.causes.reduce((sum, { ms }) => sum + ms, 0)
    expect(account.cut).toBe(true)
    expect(account.wallMs).toBeGreaterThan(10_490)
    expect(Math.abs(causes + account.rest.ms - account.wallMs)).toBeLessThan(1)
    expect(account.rest.ms).toBeGreaterThan(account.wallMs - sumKinds(account) - 1)
    expect(sumKinds(account)).toBeGreaterThan(9_990)
    // When the account was cut, the timer had not run yet. The account therefore cannot prove that the request waited
    // for the timer.
    expect(account.causes[0]?.kind).toBe('unknown')
  })

  it('permits the account of another request after ten seconds, and gets its own account at its end', async () => {
    const service = await start({ env: CPU })
    const { baseId, headers } = sign(['why=waits'])
    let isOver = false
    const sent = service.send('wait?ms=14000', headers).then(response => {
      isOver = true
      return response.text()
    })
    let other = await service.explain('wait?ms=20', ['why=waits'])
    const first = other.refused
    while (other.refused === 'busy' && !isOver) other = await service.explain('wait?ms=100', ['why=waits'])

    expect(first).toBe('busy')
    expect([other.level, isOver]).toEqual(['waits', false])
    await sent
    const account = await service.account(baseId)
    expect(account.cut).toBe(true)
    expect(account.wallMs).toBeGreaterThan(13_990)
  })

  it('that calls 10,000 functions has a small account, which is created in slices', async () => {
    const program = fileURLToPath(new URL('why/slices.mjs', import.meta.url))
    type Outcome = { readonly foldMs: number; readonly longestMs: number; readonly chars: number }

    const outcomes = JSON.parse(await runProgram(process.execPath, [program])) as Outcome[]

    for (const { chars } of outcomes) expect(chars).toBeLessThan(8_192)
    // Without slices, the event loop would be blocked for about as long as the whole work takes.
    expect(Math.min(...outcomes.map(({ foldMs, longestMs }) => longestMs / foldMs))).toBeLessThan(0.5)
  })
})

describe('the recorder of accounts', () => {
  it('works with --permission, without the inspector', async () => {
    const service = await start({ env: CPU, args: [PERMISSION, '--allow-fs-read=*', ...ALLOW_NET] })

    const account = await service.explain('both', ['why=cpu'])

    expect(account).toMatchObject({ level: 'waits', asked: 'cpu', because: 'permission' })
    expect(account.causes.find(({ what }) => what === 'timer')).toMatchObject({ function: 'sleep' })
    expect(Math.abs(sumKinds(account) - account.wallMs)).toBeLessThan(1)
  })

  it.each(['throws', 'uncaught'])('creates accounts of a failing request and of the next request: %s', async path => {
    const service = await start({ env: CPU })

    const accounts = [await service.explain(path, ['why=cpu']), await service.explain('both', ['why=waits'])]

    for (const account of accounts) {
      expect(account.refused).toBeUndefined()
      expect(Math.abs(sumKinds(account) - account.wallMs)).toBeLessThan(1)
    }
  })

  it('ends the recording of an unanswered request when the client disconnects', async () => {
    const service = await start({ env: CPU })
    const { baseId, headers } = sign(['why=cpu'])
    const leaving = new AbortController()
    const sent = fetch(`http://127.0.0.1:${service.port}/never`, { headers, signal: leaving.signal })
    await service.ask('wait?ms=50')
    leaving.abort()
    await expect(sent).rejects.toThrow()

    expect(await service.account(baseId)).toMatchObject({ level: 'cpu' })
    expect(await service.explain('both', ['why=waits'])).toMatchObject({ level: 'waits' })
  })

  it.each(['closeServer', 'closeSetup'])(
    'delivers the account of the last request, and lets the process end: %s',
    async path => {
      const service = await start({ env: CPU })
      const { baseId, headers } = sign(['why=cpu'])
      const ended = once(service.child, 'exit')

      await (await service.send(path, headers)).text()

      expect(await ended).toEqual([0, null])
      expect(await service.account(baseId)).toMatchObject({ level: 'cpu' })
    },
  )

  it.each(['computes', 'worker'])('delivers the account of a program that ends: %s', async kind => {
    const account = JSON.parse(await runProgram(process.execPath, [EXIT, kind])) as Account

    expect(account.level).toBe('cpu')
    const computed = account.causes.find(({ kind }) => kind === 'cpu')
    const waited = account.causes.find(({ what }) => what === 'timer')
    expect(computed).toMatchObject({ function: 'compute', file: 'test/why/exit.mjs' })
    expect(waited).toMatchObject({ kind: 'wait', function: 'compute' })
  })

  it('does not keep a process alive while a recording is open', async () => {
    const startedAt = performance.now()
    const printed = await runProgram(process.execPath, [EXIT, 'hangs'])

    expect(printed).toBe('')
    // A recording ends after ten seconds at the latest.
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  it.each(['settings', 'throwing', 'accessors', 'frozen'])(
    'works with a program that changed Error, and leaves the changes as they were: %s',
    async HOSTILE => {
      const service = await start({ env: { ...CPU, HOSTILE } })
      const before = await service.ask('stackSettings')

      const account = await service.explain('both', ['why=cpu', 'code'])

      expect(await service.ask('stackSettings')).toEqual(before)
      expect(account).toMatchObject({ level: 'cpu' })
      expect(account.causes.find(({ kind }) => kind === 'cpu')?.function).toBe('sumPrices')
      // The recorder cannot replace the program's own function in a frozen object.
      if (HOSTILE !== 'frozen') expect(account.causes.find(({ what }) => what === 'timer')?.function).toBe('sleep')
      expect(Math.abs(sumKinds(account) - account.wallMs)).toBeLessThan(1)
    },
  )

  it('gives up without harm if async resources of the program throw', async () => {
    const service = await start({ env: { ...CPU, HOSTILE: 'resources' } })

    const account = await service.explain('wait?ms=50', ['why=waits'])

    expect(account).toEqual({ version: 1, refused: 'runtime', asked: 'waits' })
    expect(await service.ask('compute?ms=1')).toBe('done')
  })

  it('does not stop the CPU profile and the async hooks of the program', async () => {
    const service = await start({ env: CPU })
    await service.ask('startProfile')
    await service.ask('startHook')
    const account = await service.explain('both', ['why=cpu'])

    const calls = (await service.ask('stopHook')) as { init: number; before: number }
    const functions = await service.ask('stopProfile')

    expect(account.level).toBe('cpu')
    expect(functions).toEqual(expect.arrayContaining(['sumPrices', 'serveOthers']))
    expect(calls.init).toBeGreaterThan(10)
    expect(calls.before).toBeGreaterThan(10)
  })

  it('removes its async hooks after each account', async () => {
    const service = await start({ env: CPU, args: ['--expose-internals', '--no-warnings'] })
    await (await service.send('both', sign().headers)).text()
    const before = (await service.ask('hooks')) as number[]
    const { baseId, headers } = sign(['why=cpu'])
    const during = (await (await service.send('hooks', headers)).json()) as number[]
    await service.account(baseId)

    for (const [at, count] of before.entries()) if (at !== 3) expect(during[at]).toBe(count + 1)
    expect(await service.ask('hooks')).toEqual(before)
  })
})
