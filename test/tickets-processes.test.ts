import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { run, withTrace } from '@osprofiler/core'
import type { HttpOptions } from '@osprofiler/core/http'
import { createTicketVerifier, signTicket } from '@osprofiler/core/toolkit'
import { instrument } from '@osprofiler/instruments'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Answer } from '../packages/cli/src/request/connection.js'
import { readVerdict } from '../packages/cli/src/request/read-verdict.js'
import { collectRecords } from './adapters/collect-records.js'
import { type RawHeader, sendRaw } from './adapters/send-raw.js'
import { serveWith } from './adapters/serve-with.js'
import { makeDirectory, osprofiler } from './cli-process.js'
import { KEY, signTrace } from './context/signed-request.js'
import { describeForEachPython } from './python/each-python.js'
import { startWsgiApp } from './python/wsgi-app.js'

const records = collectRecords()
const SERVICE = new URL('fixtures/ticket-service.mjs', import.meta.url)

/** A service whose requests need a ticket. Its response says whether it traced the request. */
interface Service {
  readonly port: number
  stop(): Promise<void>
}

async function startService(port = 0, clockAheadS = 0): Promise<Service> {
  const child: ChildProcess = fork(SERVICE, [KEY, String(port), String(clockAheadS)])
  onTestFinished(() => void child.kill('SIGKILL'))
  const [listening] = (await once(child, 'message')) as [number]
  return {
    port: listening,
    async stop() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

function ticketHeaders(iatS = Date.now() / 1_000): RawHeader[] {
  const { headers } = signTrace()
  const info = headers['X-Trace-Info'] ?? ''
  const ticket = signTicket({ key: KEY, info, iat: iatS, exp: iatS + 60, points: 100 })
  return [...Object.entries(headers), ['X-Trace-Ticket', ticket]]
}

async function verdictOf({ port }: Service, headers: readonly RawHeader[]): Promise<string> {
  return (await sendRaw(port, headers)).body
}

/**
 * Resolves at the start of a second of the wall clock, so that a test controls whether two times fall into the same
 * second.
 */
async function waitForNextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1_000)
  while (Math.floor(Date.now() / 1_000) === second) await new Promise(resolve => setTimeout(resolve, 5))
}

describe('a service that requires tickets', () => {
  it('accepts a ticket once in each of its processes', async () => {
    const [one, other] = await Promise.all([startService(), startService()])
    await waitForNextSecond()
    const headers = ticketHeaders()

    const verdicts = []
    for (const service of [one, one, other, other]) verdicts.push(await verdictOf(service, headers))

    expect(verdicts).toEqual(['valid', 'replayed', 'valid', 'replayed'])
  })

  it('refuses tickets from before its restart, because it no longer knows which tickets were used', async () => {
    const before = await startService()
    await waitForNextSecond()
    const headers = ticketHeaders()
    expect(await verdictOf(before, headers)).toBe('valid')
    await before.stop()
    await waitForNextSecond()

    const after = await startService(before.port)

    expect(await verdictOf(after, headers)).toBe('before-start')
    await waitForNextSecond()
    expect(await verdictOf(after, ticketHeaders())).toBe('valid')
  })

  // By the service's clock, a ticket is valid from 30 s before it was issued to 30 s after it expires.
  it.each([
    [-35, 'not-yet'],
    [-25, 'valid'],
    [25, 'valid'],
    [85, 'valid'],
    [95, 'expired'],
  ])(
    "judges times by its own clock: if it is %i s ahead of the signer's clock, a ticket is %s",
    async (aheadS, expected) => {
      const service = await startService(0, aheadS)
      const verdict = await verdictOf(service, ticketHeaders())

      // The service has just started, and its clock is ahead of the signer's. Therefore the ticket seems to be older
      // than the process.
      expect(verdict).toBe(aheadS > 0 && expected === 'valid' ? 'before-start' : expected)
    },
  )
})

describe('a verifier with as many used nonces as it can keep', () => {
  it('refuses further tickets until the first tickets have expired', () => {
    const nowS = 1_800_000_000
    const verify = createTicketVerifier({ keys: KEY, started: 0 })
    const judge = (atS: number) => {
      const { headers } = signTrace()
      const info = headers['X-Trace-Info'] ?? ''
      const ticket = signTicket({ key: KEY, info, iat: nowS, exp: nowS + 300, points: 1 })
      const verdict = verify({ info, hmac: headers['X-Trace-HMAC'] ?? '', ticket, now: atS })
      return verdict.valid ? 'valid' : verdict.reason
    }

    const verdicts = Array.from({ length: 65_537 }, () => judge(nowS))

    expect(new Set(verdicts.slice(0, 65_536))).toEqual(new Set(['valid']))
    expect(verdicts.at(-1)).toBe('busy')
    expect(judge(nowS + 330)).toBe('busy')
    expect(judge(nowS + 331)).toBe('expired')
  })
})

describe('a process that makes outgoing requests', () => {
  it('sends a new ticket in its own traces, and only the received ticket in other traces', async () => {
    const arrived: (string | undefined)[] = []
    const server = createServer((req, res) => {
      arrived.push(req.headers['x-trace-ticket'] as string | undefined)
      res.end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const undo = instrument()
    const ask = () => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`).then(answer => answer.text())
    const [, , [, ticket = ''] = []] = ticketHeaders()

    await run({ hmacKey: KEY }, async () => {
      await ask()
      await withTrace('again', {}, ask)
    })
    await run({ hmacKey: KEY, baseId: 'elsewhere' }, ask)
    await run({ hmacKey: KEY, baseId: 'elsewhere', ticket }, ask)
    await run({ hmacKey: KEY, maxPointsPerTrace: 0 }, ask)
    undo()
    server.close()

    const points = arrived.map(text => (text === undefined ? undefined : Number(text.split(';')[6])))
    expect(points).toEqual([100_000, 100_000, undefined, 100, undefined])
    expect(arrived[0]).not.toBe(arrived[1])
    expect(() => run({ hmacKey: KEY, baseId: 'elsewhere', ticket: 'none' }, ask)).toThrow('ticket must be the text of')
    expect(() => run({ hmacKey: 'OTHER', baseId: 'elsewhere', ticket }, ask)).toThrow('ticket must be the text of')
  })
})

describe('osprofiler run', () => {
  it('sends a new ticket with the request, and with each redirect', async () => {
    const directory = makeDirectory()
    const tickets: string[] = []
    const server = createServer((req, res) => {
      tickets.push(String(req.headers['x-trace-ticket']))
      if (req.url === '/moved') res.writeHead(302, { location: '/there' })
      res.end()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo

    await osprofiler(['run', `http://127.0.0.1:${port}/moved`, '--timeout', '1'], {
      env: { OSPROFILER_HMAC_KEYS: KEY, OSPROFILER_CONNECTION_STRING: `file://${directory}` },
    })

    const fields = tickets.map(ticket => ticket.split(';'))
    expect(fields.map(([version, , , , , aud, points, wants]) => [version, aud, points, wants])).toEqual([
      ['1', '127.0.0.1', '100000', 'answer,code'],
      ['1', '127.0.0.1', '100000', 'answer,code'],
    ])
    expect(fields[0]?.[4]).not.toBe(fields[1]?.[4])
  })
})

describe('osprofiler run with a service that reports about the trace', () => {
  const ask = async (options: HttpOptions) => {
    const server = await serveWith('Fastify', { hmacKeys: [KEY], options, answer: () => ({}) })
    onTestFinished(() => server.close())
    // The service's records are sent to this process, and not to the command's store.
    const env = { OSPROFILER_HMAC_KEYS: KEY, OSPROFILER_CONNECTION_STRING: `file://${makeDirectory()}` }
    const { code, stderr } = await osprofiler(['run', server.url, '--timeout', '5'], { env })
    return { code, stderr }
  }

  it('says immediately that the service refused the trace, and why', async () => {
    const began = performance.now()
    const { code, stderr } = await ask({ maxTracesPerSecond: 0 })

    expect(code).toBe(1)
    expect(stderr).toContain(
      'The service did not trace the request: rate-limited. More traces arrive at the service than',
    )
    expect(stderr).not.toContain('What to check')
    // Waiting for the trace would take five seconds.
    expect(performance.now() - began).toBeLessThan(5_000)
  })

  it('suggests checking the path to the store, but not the key, if the service traced the request', async () => {
    const { code, stderr } = await ask({})

    expect(code).toBe(1)
    expect(stderr).toContain('The service traced the request, but no record of trace')
    expect(stderr).not.toContain('- key ')
  })

  it('ignores reports about other traces, and invalid reasons', () => {
    const read = (value: string | undefined) =>
      readVerdict({ headers: { 'server-timing': value } } as unknown as Answer, 'the-id')

    expect(read('osprofiler;desc="the-id", total;dur=3.0')).toEqual({ refusal: undefined })
    expect(read('cache;dur=1, osprofiler;desc="the-id"')).toEqual({ refusal: undefined })
    expect(read('osprofiler;desc="refused: too-old"')).toEqual({ refusal: 'too-old' })
    for (const other of [
      'osprofiler;desc="another-id"',
      'osprofiler',
      'osprofiler;desc="refused: \\u001b[2J"',
      undefined,
    ]) {
      expect(read(other)).toBeUndefined()
    }
  })
})

describe('osprofiler sign', () => {
  it('prints headers that a service accepts once, for one request or for several', async () => {
    const server = await serveWith('Express', {
      hmacKeys: [KEY],
      options: { tickets: 'required', audience: '127.0.0.1', maxTracesPerSecond: 1e9 },
      answer: () => ({}),
    })
    onTestFinished(() => server.close())
    const env = { OSPROFILER_HMAC_KEYS: KEY }

    const lines = await osprofiler(['sign', server.url, '--want', 'code', '--want', 'why=waits', '--points', '7'], {
      env,
    })
    const objects = await osprofiler(['sign', `${server.url}/orders`, '--count', '3'], { env })
    const object = await osprofiler(['sign', server.url, '--json', '--expires', '300'], { env })

    const sets = [
      lines.stdout
        .trim()
        .split('\n')
        .map(line => line.split(': ') as [string, string]),
      ...objects.stdout
        .trim()
        .split('\n')
        .map(line => Object.entries<string>(JSON.parse(line))),
      Object.entries<string>(JSON.parse(object.stdout)),
    ]
    expect(lines.stdout).toContain(';7;code,why=waits;')
    expect(sets.map(headers => headers.map(([name]) => name))).toEqual(
      sets.map(() => ['X-Trace-Info', 'X-Trace-HMAC', 'X-Trace-Ticket']),
    )
    for (const headers of sets) await sendRaw(server.port, headers)
    for (const headers of sets) await sendRaw(server.port, headers)
    expect(server.stats.tickets).toMatchObject({ valid: 5, refused: { replayed: 5 } })
    expect(new Set(records.map(({ base_id }) => base_id)).size).toBe(5)
    expect(lines.stderr).toContain(`osprofiler trace show ${records[0]?.base_id}`)
    expect(lines.stdout + lines.stderr + objects.stderr).not.toContain(KEY)
  })

  it.each([
    [['sign'], 'missing required argument'],
    [['sign', 'ftp://orders'], 'http:// or https://'],
    [['sign', 'http://orders', '--expires', '301'], '1 to 300'],
    [['sign', 'http://orders', '--points', '0'], '1 to 1000000'],
    [['sign', 'http://orders', '--want', 'tea please'], 'wishes'],
    [['sign', 'http://orders', '--count', '0'], '1 or more'],
  ])('rejects %j, and says what is allowed', async (args, message) => {
    const { code, stdout, stderr } = await osprofiler(args, { env: { OSPROFILER_HMAC_KEYS: KEY } })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(message)
  })
})

describeForEachPython('a Python service between two Node services', () => {
  it('does not forward the ticket, and the trace continues', async () => {
    const python = await startWsgiApp(KEY)
    const last = await serveWith('Koa', { hmacKeys: [KEY], answer: () => ({}) })
    const undo = instrument()
    onTestFinished(async () => {
      undo()
      await Promise.all([python.stop(), last.close()])
    })
    const first = await serveWith('Fastify', {
      hmacKeys: [KEY],
      options: { tickets: 'required' },
      answer: async () => (await fetch(`${python.url}/call?url=${last.url}/`)).json(),
    })
    const [, baseId] = await sendTicketed(first.port)
    await first.close()

    const served = records.filter(({ name, base_id }) => name === 'wsgi-start' && base_id === baseId)
    expect(served.length).toBe(2)
    expect(first.stats.tickets.valid).toBe(1)
    expect(last.stats).toMatchObject({ traced: 1, tickets: { valid: 0 } })
  })
})

async function sendTicketed(port: number): Promise<readonly [body: string, baseId: string]> {
  const headers = ticketHeaders()
  const { body } = await sendRaw(port, headers)
  const info = JSON.parse(Buffer.from(String(headers[0]?.[1]), 'base64').toString()) as { base_id: string }
  return [body, info.base_id]
}
