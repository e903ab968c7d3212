import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeDirectory, type Outcome, osprofiler } from './cli-process.js'
import { findFreePort } from './servers/free-port.js'

/** Time limit of a run, in seconds. A run that waits for missing records takes this long. */
const TIMEOUT_SECONDS = 60

let env: NodeJS.ProcessEnv
let directory: string

beforeEach(() => {
  directory = makeDirectory()
  env = {
    OSPROFILER_HMAC_KEYS: 'a key that nobody may see',
    OSPROFILER_CONNECTION_STRING: `sqlite:///${join(directory, 'traces.db')}`,
  }
})

describe('osprofiler run with a request that cannot have been traced', () => {
  it.each<readonly [string, RequestListener, string]>([
    [
      'a redirect to another host',
      (_, res) => res.writeHead(302, { Location: 'https://login.example/?code=s3cret' }).end(),
      'the answer redirects to https://login.example',
    ],
    [
      'a redirect to another scheme',
      ({ headers: { host } }, res) => res.writeHead(301, { Location: `https://${host}/` }).end(),
      'the answer redirects to https://127.0.0.1',
    ],
    [
      'a response from a cache, known by Age',
      (_, res) => res.setHeader('Age', '7').end(),
      'the answer came from a cache',
    ],
    [
      'a response from a cache, known by X-Cache',
      (_, res) => res.setHeader('X-Cache', 'Hit from edge').end(),
      'came from a cache',
    ],
    [
      'a response from a cache, known by Cache-Status',
      (_, res) => res.setHeader('Cache-Status', 'Edge; hit').end(),
      'came from a cache',
    ],
    [
      'a response from a proxy that requires a password',
      (_, res) => res.writeHead(407).end(),
      'with status 407, a proxy or the server',
    ],
    [
      'a response that says that the headers are too large',
      (_, res) => res.writeHead(431).end(),
      'with status 431, a proxy or the server',
    ],
    ['a closed connection', ({ socket }) => socket.destroy(), 'no readable answer came'],
  ])('does not wait after %s', async (_, listener, reason) => {
    const origin = await listen(createServer(listener))

    const { outcome, seconds } = await runTimed(['run', origin, '--timeout', String(TIMEOUT_SECONDS)])

    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toMatch(/No record of trace [0-9a-f-]{36} has come, and none is expected, because /)
    expect(outcome.stderr).toContain(reason)
    expect(outcome.stderr).not.toContain('s3cret')
    expect(seconds).toBeLessThan(TIMEOUT_SECONDS / 2)
  })

  it('does not wait with --save-baseline, either', async () => {
    const origin = await listen(createServer((_, res) => res.setHeader('Age', '7').end()))
    const args = ['run', origin, '-n', '3', '--save-baseline', 'before.jsonl', '--timeout', String(TIMEOUT_SECONDS)]

    const { outcome, seconds } = await runTimed(args)

    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toContain('the answer came from a cache')
    expect(seconds).toBeLessThan(TIMEOUT_SECONDS / 2)
  })

  it('waits after a response that a cache has just fetched from the service', async () => {
    const origin = await listen(createServer((_, res) => res.setHeader('Age', '0').setHeader('X-Cache', 'MISS').end()))

    const { outcome } = await runTimed(['run', origin, '--timeout', '4'])

    expect(outcome.stderr).toContain('No record of the trace has arrived yet. Waiting for up to 4 s.')
    expect(outcome.stderr).toContain('came within 4 s.')
  })

  it("lists proxies, and the callees' keys and clocks, among the things to check", async () => {
    const origin = await listen(createServer((_, res) => res.setHeader('Age', '7').end()))

    const { stderr } = await osprofiler(['run', origin], { env })

    expect(stderr).toMatch(/proxies .*pass on the headers X-Trace-Info and X-Trace-HMAC/)
    expect(stderr).toMatch(/callees .*need the same key/)
    expect(stderr).toMatch(/clocks .*is ahead by more than its maxTraceAge.*behind/)
  })
})

describe('osprofiler run with a write-only store', () => {
  it('prints the ids of the traces, and exits with 0', async () => {
    const origin = await listen(createServer((_, res) => res.end()))
    env.OSPROFILER_CONNECTION_STRING = 'otlp://127.0.0.1:4318'

    const { outcome } = await runTimed(['run', origin, '-n', '2'])

    const ids = outcome.stdout.trimEnd().split('\n')
    expect(ids).toEqual(Array(2).fill(expect.stringMatching(/^[0-9a-f-]{36}$/)))
    expect(outcome.code).toBe(0)
    expect(outcome.stderr).toContain('cannot be read')
    expect(outcome.stderr).toContain(ids[0]?.replaceAll('-', ''))
  })

  it('fails before it sends anything if an option needs the trace', async () => {
    let requests = 0
    const origin = await listen(createServer((_, res) => res.end(String(requests++))))
    env.OSPROFILER_CONNECTION_STRING = 'otlp://127.0.0.1:4318'

    const { outcome } = await runTimed(['run', origin, '--json'])

    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toContain('cannot be read')
    expect(requests).toBe(0)
  })
})

describe('osprofiler run with a store that cannot be read', () => {
  it.each([
    ['that is down', async () => `redis://:s3cret@127.0.0.1:${await findFreePort()}`, 'cannot be used: connect ECONN'],
    ["in a process's memory", async () => 'memory://', 'Only the process that writes to a memory:// store can read it'],
    [
      'that never answers',
      async () => `postgresql://me:s3cret@127.0.0.1:${await openSilentPort()}/shop`,
      'Nothing was sent',
    ],
  ])('fails before it sends anything with a store %s', async (_, connectionString, message) => {
    let requests = 0
    const origin = await listen(createServer((_, res) => res.end(String(requests++))))
    env.OSPROFILER_CONNECTION_STRING = await connectionString()

    const { outcome, seconds } = await runTimed(['run', origin, '--timeout', String(TIMEOUT_SECONDS)])

    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toContain(message)
    expect(outcome.stderr).toMatch(/Nothing was sent\.\n$/)
    expect(outcome.stderr).not.toContain('s3cret')
    expect(requests).toBe(0)
    expect(seconds).toBeLessThan(TIMEOUT_SECONDS / 2)
  })
})

async function runTimed(args: readonly string[]): Promise<{ outcome: Outcome; seconds: number }> {
  const began = performance.now()
  const outcome = await osprofiler(args, { env, cwd: directory })
  return { outcome, seconds: (performance.now() - began) / 1_000 }
}

/** Returns a port that accepts connections and never sends anything. */
async function openSilentPort(): Promise<string> {
  const origin = await listen(createTcpServer(socket => socket.on('error', () => undefined)))
  return new URL(origin).port
}

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
