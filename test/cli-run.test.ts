import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as profiler from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { osprofilerMiddleware } from '@osprofiler/express'
import express from 'express'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'
import { findFreePort } from './servers/free-port.js'

const KEY = 'a key that nobody may see'
const OPEN_POINT = '6ba7b810-9dad-41d1-80b4-00c04fd430c8'

let directory: string
let origin: string
let env: NodeJS.ProcessEnv
let otherOrigin: string
/** How long the route `/nap` takes, in milliseconds. */
let napMs: number
/** Paths of the requests that reached the other origin. */
let otherRequests: string[]

beforeEach(async () => {
  directory = makeDirectory()
  const store = `sqlite:///${join(directory, 'traces.db')}`
  env = { OSPROFILER_HMAC_KEYS: KEY, OSPROFILER_CONNECTION_STRING: store }
  otherRequests = []
  napMs = 50
  otherOrigin = await listen(createServer((req, res) => res.end(otherRequests.push(req.url ?? ''))))
  origin = await listen(createServer(makeApp(store)))
})

describe('osprofiler run', () => {
  it('signs a request, sends it, and draws its trace', async () => {
    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/items?secret=1`], { env })

    expect(code).toBe(0)
    expect(stdout).toMatch(/^request GET \/items 200 .*\n└─ db SELECT 1 /)
    expect(stdout).toMatch(/Trace [0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(stderr).toMatch(new RegExp(`^GET ${origin}/items {2}200 {2}[\\d.]+ m?s\\n`))
    expect(stdout + stderr).not.toContain(KEY)
  })

  it('prints only the trace to standard output, so that it can be piped or saved', async () => {
    const json = await osprofiler(['run', `${origin}/items`, '--json'], { env })
    const file = await osprofiler(['run', `${origin}/items`, '--out', 'trace.txt'], { env, cwd: directory })

    expect(JSON.parse(json.stdout).children[0].info.name).toBe('wsgi')
    expect(file).toMatchObject({ code: 0, stdout: '' })
    expect((await osprofiler(['trace', 'list'], { env })).stdout.split('\n')).toHaveLength(7)
  })

  it('shows the trace of a request whose handler failed', async () => {
    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/broken`], { env })

    expect(code).toBe(0)
    expect(stdout).toContain('GET /broken 500')
    expect(stderr).toContain('  500  ')
  })

  it('waits for late records', async () => {
    const { code, stdout } = await osprofiler(['run', `${origin}/late`], { env })

    expect(code).toBe(0)
    expect(stdout).toMatch(/└─ late +shop +1\.00 s/)
  })

  it('shows an incomplete trace, and exits with 1', async () => {
    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/open`, '--timeout', '2'], { env })

    expect(code).toBe(1)
    expect(stdout).toContain('late  unfinished')
    expect(stderr).toContain('The trace is incomplete after 2 s: late in shop has not stopped.')
  })

  it('does not wait for records that the trace reports as dropped', async () => {
    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/flood`, '--timeout', '60'], { env })

    expect(code).toBe(1)
    expect(stdout).toMatch(/^request GET \/flood 200 /)
    expect(stdout).toMatch(/[\d,]+ records of this trace were lost on the way from \S+\s+to the store:/)
    expect(stderr).toMatch(/The trace is incomplete: [\d,]+ of its records were dropped on the way to the store\./)
  }, 30_000)

  it('stops waiting for an endless response, and shows the trace recorded so far', async () => {
    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/endless`, '--timeout', '2'], { env })

    expect(code).toBe(1)
    expect(stdout).toContain('"GET /endless"')
    expect(stderr).toContain('200, no whole answer within 2 s')
  })

  it('lists what to check if no trace arrives, without printing secrets', async () => {
    const wrong = { ...env, OSPROFILER_HMAC_KEYS: 'another secret' }

    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/items`, '--timeout', '4'], { env: wrong })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('No record of the trace has arrived yet. Waiting for up to 4 s.')
    expect(stderr).toMatch(/No record of trace [0-9a-f-]{36} came within 4 s\./)
    for (const word of [
      'key ',
      'middleware ',
      'traces.db',
      'clock ',
      'limit ',
      'OSPROFILER_REFUSED',
      'OSPROFILER_NO_KEYS',
    ])
      expect(stderr).toContain(word)
    expect(stderr).not.toContain('another secret')
  })

  it("reports that a service's clock is wrong", async () => {
    const { stderr } = await osprofiler(['run', `${origin}/yesterday`, '--timeout', '3'], { env })

    expect(stderr).toMatch(/Its clock is 864\d\d s behind this one/)
  })

  it('reports immediately that no server answers', async () => {
    const deserted = `http://127.0.0.1:${await findFreePort()}`

    const outcome = await osprofiler(['run', deserted], { env })

    const stderr = `error: Cannot send a request to ${deserted}: ECONNREFUSED.\n`
    expect(outcome).toEqual({ code: 1, stdout: '', stderr })
  })
})

describe('the request of osprofiler run', () => {
  it.each([
    [['-X', 'DELETE'], { method: 'DELETE', body: '' }],
    [['-d', 'a=1', '-d', 'b=2'], { method: 'POST', body: 'a=1&b=2', type: 'application/x-www-form-urlencoded' }],
    [['-d', '@body.json', '-H', 'Content-Type: application/json'], { body: '{"a": 1}', type: 'application/json' }],
    [['-X', 'put', '-d', '@-'], { method: 'PUT', body: 'from standard input' }],
    [['-X', 'GET', '-d', '{}'], { method: 'GET', body: '{}' }],
    [['-H', 'X-Colour: red', '-H', 'x-colour:blue'], { method: 'GET', colour: 'red, blue' }],
  ])('is sent as the arguments %j specify', async (args, expected) => {
    writeFileSync(join(directory, 'body.json'), '{"a": 1}')
    const input = 'from standard input'

    await osprofiler(['run', `${origin}/echo`, ...args, '--idle-timeout', '0'], { env, cwd: directory, input })

    expect(echoed.at(-1)).toMatchObject(expected)
  })

  it('sends the credentials of the URL as a header, and never prints them', async () => {
    const url = `${origin.replace('//', '//me:s%40cret@')}/echo`

    const { code, stdout, stderr } = await osprofiler(['run', url], { env })

    expect(code).toBe(0)
    expect(echoed.at(-1)).toMatchObject({ authorization: `Basic ${Buffer.from('me:s@cret').toString('base64')}` })
    expect(stdout + stderr).not.toMatch(/s%40cret|s@cret/)
  })

  it('follows redirects within the origin', async () => {
    const { code, stdout } = await osprofiler(['run', `${origin}/moved`, '-d', 'a=1'], { env })

    expect(code).toBe(0)
    expect(stdout).toContain('request POST /moved 303')
    expect(stdout).toContain('request GET /items 200')
  })

  it('does not send the signed headers to another origin', async () => {
    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/away`], { env })

    expect(code).toBe(0)
    expect(stdout).toContain('GET /away 307')
    expect(stderr).toContain(`The redirect to ${otherOrigin} is not followed`)
    expect(otherRequests).toEqual([])
  })

  it('stops at a redirect loop', async () => {
    const { code, stderr } = await osprofiler(['run', `${origin}/circle`], { env })

    expect(code).toBe(0)
    expect(stderr).toContain('The redirects form a loop.')
  })

  it('has a trace even if the target of a redirect cannot be reached', async () => {
    const app = express().use(osprofilerMiddleware(KEY))
    const server = createServer(app)
    app.get('/moved', (_, res) => {
      server.close()
      res.set('Connection', 'close').redirect('/gone')
    })
    const leaving = await listen(server)

    const { code, stdout, stderr } = await osprofiler(['run', `${leaving}/moved`], { env })

    expect(code).toBe(1)
    expect(stdout).toContain('GET /moved 302')
    expect(stderr).toContain(`GET ${leaving}/moved  302, ECONNREFUSED  `)
    expect(stderr).not.toContain('none is awaited')
  })

  it('does not follow a redirect whose response is cut off, and does not report it as a loop', async () => {
    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/torn`], { env })

    expect(code).toBe(1)
    expect(stdout).toContain('"GET /torn"')
    expect(stderr).toContain('  302, ECONNRESET  ')
    expect(stderr).not.toContain('circles')
  })

  it('counts as sent if the service crashes after it received the request on a reused connection', async () => {
    const server = createServer((_, res) => {
      if (requests++ === 0) return res.end()
      server.close()
      return res.destroy()
    })
    let requests = 0
    const dying = await listen(server)

    const { code, stderr } = await osprofiler(['run', `${dying}/`, '-n', '2', '--timeout', '2'], { env })

    expect(code).toBe(1)
    expect(stderr).toMatch(/^2 {2}GET \S+ {2}ECONNREFUSED /m)
    expect(stderr).not.toContain('Cannot send')
  })

  it.each([
    [['nonsense'], 'The URL must begin with http:// or https://'],
    [['ftp://127.0.0.1/'], 'The URL must begin with http:// or https://'],
    [['http://127.0.0.1/', '-H', 'no colon, but a s3cret'], 'A header has the form "Name: value"'],
    [
      ['http://127.0.0.1/', '-H', 'Authorization: s3cret\u0001'],
      'The value of the header Authorization contains a character',
    ],
    [['http://127.0.0.1/', '-X', 'B AD'], 'This method is not valid in HTTP'],
    [['http://127.0.0.1/', '-d', '@gone'], 'Cannot read the body from gone: ENOENT'],
  ])('is rejected for %j', async (args, message) => {
    const { code, stdout, stderr } = await osprofiler(['run', ...args], { env, cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`error: ${message}`)
    expect(stderr).not.toContain('s3cret')
  })
})

describe('osprofiler run -n', () => {
  it('sends the request several times, one after another, and shows the slowest', async () => {
    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/third-is-slow`, '-n', '4'], { env })

    const lines = stderr.split('\n').filter(line => / {2}200 {2}/.test(line))
    expect(code).toBe(0)
    expect(lines.map(line => line[0])).toEqual(['1', '2', '3', '4'])
    const [, duration, trace] = /^The slowest took (.*): trace (.*)$/m.exec(stderr) ?? []
    expect(lines[2]).toMatch(`${duration}`)
    expect(stdout).toContain('nap')
    expect(stdout).toContain(`Trace ${trace}`)
    expect((await osprofiler(['trace', 'list'], { env })).stdout.match(/GET \/third/g)).toHaveLength(4)
  })
})

describe('osprofiler run --baseline', () => {
  it('compares with the traces that --save-baseline wrote, and exits with 2 if a part became slower', async () => {
    // The durations differ by a factor of ten, because the measured times include other work on a busy machine.
    napMs = 100
    const kept = await osprofiler(['run', `${origin}/nap`, '-n', '4', '--save-baseline', 'before.jsonl'], {
      ...{ env, cwd: directory },
    })
    const compare = (...args: string[]) =>
      osprofiler(['run', `${origin}/nap`, '-n', '4', '--baseline', 'before.jsonl', '--fail-on', '200%', ...args], {
        ...{ env, cwd: directory },
      })
    const same = await compare()
    napMs = 1_000
    const slower = await compare('--json')

    expect(kept).toMatchObject({ code: 0, stderr: expect.stringContaining('Wrote 4 traces to before.jsonl') })
    expect(kept.stdout).toMatch(/└─ nap/)
    expect(statSync(join(directory, 'before.jsonl')).mode & 0o777).toBe(0o600)
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('4 runs before, 4 after') })
    expect(slower.code).toBe(2)
    expect(JSON.parse(slower.stdout)).toMatchObject({ runs: { before: 4, after: 4 }, total: { change: 'slower' } })
    expect(slower.stderr).toMatch(/Slower by more than 200 %:\n {2}the whole request, by \d+ %\n {2}.*nap/)
  })

  it('compares nothing and writes nothing if a trace is incomplete', async () => {
    const args = ['run', `${origin}/open`, '-n', '2', '--timeout', '3', '--save-baseline', 'before.jsonl']

    const { code, stdout, stderr } = await osprofiler(args, { env, cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(
      /^Trace .* is incomplete after 3 s: late in shop has not stopped\. No trace was compared or written\.$/m,
    )
    expect(readdirSync(directory)).not.toContain('before.jsonl')
  })

  it.each([
    [['--fail-on', '10%'], '--fail-on needs a --baseline FILE'],
    [['--baseline', 'gone.jsonl'], 'Cannot read a trace from gone.jsonl: ENOENT'],
    [['--baseline', 'gone.jsonl', '--html'], 'A comparison with --baseline is written as text or with --json.'],
    [['--json', '--dot'], 'Give one format: --json and --dot cannot be combined.'],
    [['--render-dot', 'x.pdf'], 'PDF needs Graphviz'],
  ])('explains the error in %j before it sends anything', async (options, message) => {
    const { code, stdout, stderr } = await osprofiler(['run', `${origin}/items`, ...options], { env, cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(message)
    expect((await osprofiler(['trace', 'list'], { env })).stdout).not.toContain('GET')
  })
})

describe('the key of osprofiler run', () => {
  it.each([
    ['a file', ['--hmac-key-file', 'keys'], ''],
    ['standard input', ['--hmac-key-file', '-'], `${KEY}\nOLD\n`],
  ])('is the first key of %s', async (_, args, input) => {
    writeFileSync(join(directory, 'keys'), `${KEY}\nOLD\n`)
    const store = { OSPROFILER_CONNECTION_STRING: env.OSPROFILER_CONNECTION_STRING }

    const outcome = await osprofiler(['run', `${origin}/items`, ...args], { env: store, input, cwd: directory })

    expect(outcome.code).toBe(0)
    expect(outcome.stdout + outcome.stderr).not.toContain(KEY)
  })

  it('is read from the file that an environment variable names', async () => {
    const file = join(directory, 'keys')
    writeFileSync(file, `${KEY},OLD`)
    const { OSPROFILER_CONNECTION_STRING } = env

    const { code } = await osprofiler(['run', `${origin}/items`], {
      env: { OSPROFILER_CONNECTION_STRING, OSPROFILER_HMAC_KEYS_FILE: file },
    })

    expect(code).toBe(0)
  })

  it('is accepted on the command line, with a warning that does not contain the key', async () => {
    const args = ['run', `${origin}/items`, '--hmac-key', KEY]

    const { code, stdout, stderr } = await osprofiler(args, { env: { ...env, OSPROFILER_HMAC_KEYS: 'other' } })

    expect(code).toBe(0)
    expect(stderr).toMatch(/^warning: with --hmac-key, other users/)
    expect(stdout + stderr).not.toContain(KEY)
  })

  it.each([
    [{}, [], 'There is no HMAC key to sign with. Set OSPROFILER_HMAC_KEYS'],
    [{ OSPROFILER_HMAC_KEYS: 'k3y', OSPROFILER_HMAC_KEYS_FILE: 'keys' }, [], 'Both OSPROFILER_HMAC_KEYS and'],
    [{}, ['--hmac-key-file', 'gone'], 'Cannot read the HMAC keys from the file gone: ENOENT.'],
    [{}, ['--hmac-key-file', '-'], 'There is no HMAC key in standard input.'],
    [{}, ['--hmac-key-file', '-', '--hmac-key', 'k3y'], 'Give --hmac-key-file or --hmac-key, not both.'],
  ])('is missing or ambiguous with the settings %j and arguments %j', async (settings, args, message) => {
    const outcome = await osprofiler(['run', `${origin}/items`, ...args], { env: settings, cwd: directory })

    expect({ code: outcome.code, stdout: outcome.stdout }).toEqual({ code: 1, stdout: '' })
    expect(outcome.stderr).toContain(`error: ${message}`)
    expect(outcome.stderr).not.toContain('k3y')
  })
})

const echoed: Record<string, unknown>[] = []

function makeApp(store: string): express.Express {
  const driver = openDriver(store)
  const notifier = profiler.createNotifier(driver, { maxRecords: 2_000 }).on('drop', () => undefined)
  profiler.setNotifier(notifier)
  onTestFinished(async () => {
    profiler.setNotifier(undefined)
    await notifier.close()
    await driver.close()
  })

  let calls = 0
  const app = express()
  app.get('/yesterday', (_, res) => {
    res.set('Date', new Date(Date.now() - 86_400_000).toUTCString()).end()
  })
  app.use(osprofilerMiddleware(KEY))
  app.get('/items', (_, res) => {
    profiler.withTrace('db', { db: { statement: 'SELECT 1', params: [] } }, () => res.send('items'))
  })
  app.get('/broken', (_, res) => {
    res.status(500).end()
  })
  app.get('/open', async (_, res) => {
    await driver.write([createLateRecord('start')])
    res.end()
  })
  app.get('/late', async (_, res) => {
    const at = Date.now()
    const [start, stop] = [createLateRecord('start', at), createLateRecord('stop', at)]
    await driver.write([start])
    res.end()
    await delay(1_500)
    await driver.write([stop])
  })
  app.get('/flood', (_, res) => {
    for (let step = 0; step < 5_000; step++) profiler.withTrace('outer', () => profiler.withTrace('inner', () => {}))
    res.end()
  })
  app.get('/endless', (_, res) => {
    res.write('and so on')
  })
  app.get('/third-is-slow', async (_, res) => {
    if (++calls === 3) await profiler.withTrace('nap', {}, () => delay(3_000))
    res.end()
  })
  app.get('/nap', async (_, res) => {
    await profiler.withTrace('nap', {}, () => delay(napMs))
    res.end()
  })
  app.get('/torn', (_, res) => {
    res.writeHead(302, { Location: '/items', 'Content-Length': 10 }).write('half', () => res.destroy())
  })
  app.all('/moved', (_, res) => res.redirect(303, '/items'))
  app.get('/away', (_, res) => res.redirect(307, `${otherOrigin}/items`))
  app.get('/circle', (_, res) => res.redirect('/circle'))
  app.all('/echo', express.text({ type: () => true }), ({ method, body = '', headers }, res) => {
    const { 'content-type': type, 'x-colour': colour, authorization } = headers
    echoed.push({ method, body, type, colour, authorization })
    res.end()
  })
  return app
}

/**
 * Creates the start record or the stop record of a point that lasts one second. The parent of this point is the current
 * point.
 */
function createLateRecord(kind: 'start' | 'stop', at = Date.now()): profiler.TraceRecord {
  const { baseId = '', traceId = '' } = profiler.get() ?? {}
  const timestamp = new Date(at + (kind === 'stop' ? 1_000 : 0)).toISOString().replace('Z', '000')
  return {
    name: `late-${kind}`,
    base_id: baseId,
    parent_id: traceId,
    trace_id: OPEN_POINT,
    timestamp,
    info: { host: 'vm' },
    project: 'node',
    service: 'shop',
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
