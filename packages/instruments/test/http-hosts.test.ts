import { mkdtempSync, rmSync } from 'node:fs'
import http, { Agent, createServer, type RequestOptions } from 'node:http'
import type { LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument, type PropagationRules } from '@osprofiler/instruments'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ask, type ByteServer, openByteServer } from './http-asking.js'
import { collect, inTrace, only } from './traced-calls.js'

/** Resolves every name to 127.0.0.1, because the trace headers depend on the name, not on its address. */
const lookup: LookupFunction = (_hostname, options, callback) => {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }] as never)
  else callback(null, '127.0.0.1', 4)
}

let server: ByteServer
let records: TraceRecord[]
const undos: (() => void)[] = []

beforeAll(async () => {
  server = await openByteServer('0.0.0.0')
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  records = collect()
  server.received.length = 0
})
afterEach(() => {
  for (const undo of undos.splice(0)) undo()
  setNotifier(undefined)
})

/** Returns whether the receiver of a request gets trace headers. */
async function carries(propagateTo: PropagationRules | undefined, options: RequestOptions | string): Promise<boolean> {
  undos.push(instrument(['http'], { propagateTo }))
  const send = (onAnswer: (response: http.IncomingMessage) => void) =>
    typeof options === 'string' ? http.get(options, { lookup }, onAnswer) : http.get({ lookup, ...options }, onAnswer)
  const { baseId } = await inTrace(() => ask(send).catch(() => undefined))
  expect(records.filter(({ name, base_id }) => name === 'http-start' && base_id === baseId)).toHaveLength(1)
  return server.received.some(bytes => /^x-trace/im.test(bytes))
}

describe('without rules, trace headers are sent to', () => {
  it.each(['localhost', 'LOCALHOST', 'catalog', '127.0.0.1', '127.1', '0x7f000001', '2130706433', '0177.0.0.1'])(
    '%s',
    async hostname => {
      expect(await carries(undefined, { hostname, port: server.port })).toBe(true)
    },
  )

  it.each(['::ffff:127.0.0.1', '[::ffff:7f00:1]'])('%s', async hostname => {
    expect(await carries(undefined, { hostname: hostname.replace(/[[\]]/g, ''), port: server.port })).toBe(true)
  })
})

describe('without rules, trace headers are not sent to', () => {
  it.each([
    'example.com',
    'localhost.',
    'catalog.evil.com',
    '127.0.0.1.evil.com',
    'metadata',
    'metadata.google.internal',
  ])('%s', async hostname => {
    expect(await carries(undefined, { hostname, port: server.port })).toBe(false)
    expect(server.received).toHaveLength(1)
  })

  it.each([
    // These addresses need no DNS lookup, and no test may send a request to them.
    '169.254.169.254',
    '0xa9fea9fe',
    '2852039166',
    '0251.0376.0251.0376',
    '::ffff:169.254.169.254',
    'fe80::1',
    'fd00:ec2::254',
    '8.8.8.8',
  ])('%s', async hostname => {
    // This agent connects to the test's server instead of the requested host. The instrument does not recognize it as
    // an agent for a proxy.
    const agent = new Agent()
    agent.createConnection = (_options: unknown, callback: unknown) =>
      new Agent().createConnection({ host: '127.0.0.1', port: server.port }, callback as never)

    expect(await carries(undefined, { hostname, port: server.port, agent })).toBe(false)
    expect(server.received).toHaveLength(1)
  })

  it('a host whose URL looks like the URL of an allowed host', async () => {
    expect(await carries(undefined, `http://localhost@evil.com:${server.port}/`)).toBe(false)
  })

  it.each(['catalog@evil.com', 'evil.com/catalog', 'catalog#evil', 'catalog:80', 'cata log', 'evil.com\\catalog'])(
    'the invalid host %s',
    async hostname => {
      expect(await carries(undefined, { hostname, port: server.port })).toBe(false)
    },
  )
})

describe('rules apply to the host of the connection', () => {
  it.each<[string, RequestOptions]>([
    ['not to the Host header', { hostname: 'evil.com', headers: { host: 'catalog.example' } }],
    ['not to a Host header in a list', { hostname: 'evil.com', headers: ['Host', 'catalog.example'] }],
    ['not to the path', { hostname: 'evil.com', path: '//catalog.example/' }],
    ['not to the query', { hostname: 'evil.com', path: '/?http://catalog.example/' }],
    ['not to a path without a leading slash', { hostname: 'evil.com', path: '.catalog.example' }],
    [
      'not to a path that would change the host if it were appended to the host',
      { hostname: 'evil', path: '@catalog.example/' },
    ],
    ['not to the option host if hostname is set', { hostname: 'evil.com', host: 'catalog.example' }],
    ['not to the credentials', { hostname: 'evil.com', auth: 'catalog.example:x' }],
    ['even if the path is the full URL of an allowed host', { hostname: 'evil.com', path: 'http://catalog.example/' }],
    [
      'and also to the path, if the path is a full URL (of a forbidden host)',
      { hostname: 'catalog.example', path: 'http://evil.com/' },
    ],
  ])('%s', async (_name, options) => {
    expect(await carries('catalog.example', { port: server.port, ...options })).toBe(false)
    expect(server.received).toHaveLength(1)
  })

  it.each<[string, RequestOptions]>([
    ['even if the Host header names another host', { hostname: 'catalog.example', headers: { host: 'evil.com' } }],
    ['even if the host has uppercase letters and a final dot', { hostname: 'Catalog.EXAMPLE.' }],
    ['even if the path looks like another host', { hostname: 'catalog.example', path: '//evil.com/' }],
    [
      'and also to the path, if the path is a full URL (of an allowed host)',
      { hostname: 'catalog.example', path: 'http://CATALOG.example:81/x' },
    ],
  ])('%s', async (_name, options) => {
    expect(await carries('catalog.example', { port: server.port, ...options })).toBe(true)
  })

  it('in Punycode form', async () => {
    expect(await carries('bücher.example', { hostname: 'xn--bcher-kva.example', port: server.port })).toBe(true)
  })

  it('and, if they are functions, to the full URL with the actual port', async () => {
    const asked: string[] = []
    const rule = ({ href }: URL): boolean => asked.push(href) > 0

    await carries(rule, { hostname: 'catalog.example', port: server.port, path: '/a?b', headers: { host: 'x:1' } })

    expect(asked).toEqual([`http://catalog.example:${server.port}/a?b`])
  })
})

describe('the agent of a request', () => {
  it('may connect to a different host, and then the rules apply to that host', async () => {
    const agent = new Agent({ host: 'evil.com', lookup } as never)

    expect(await carries('catalog.example', { hostname: 'catalog.example', port: server.port, agent })).toBe(false)
  })

  it.each([
    ['given as a URL', { proxy: new URL('http://evil.com/') }, false],
    ['given as a string', { proxy: 'http://evil.com/' }, false],
    ['given as options', { proxyOptions: { host: 'evil.com' } }, false],
    ['given by a function', { getProxyForUrl: () => 'http://evil.com/' }, false],
    ['an allowed proxy', { proxy: new URL('http://catalog.example/') }, true],
  ])(
    'may use a proxy, which gets the trace headers only if the proxy is allowed: %s',
    async (_name, members, expected) => {
      const agent = Object.assign(new Agent(), members)

      const shown = await carries('catalog.example', { hostname: 'catalog.example', port: server.port, agent })

      expect(shown).toBe(expected)
    },
  )

  it("may be Node's own agent with a proxy, and then the rules must also allow the proxy", async () => {
    const proxyEnv = { http_proxy: `http://127.0.0.1:${server.port}` }
    const agent = new Agent({ proxyEnv } as never)

    const options = { hostname: 'catalog.example', port: server.port, agent }
    const shownToOthers = await carries('catalog.example', options)
    for (const undo of undos.splice(0)) undo()
    const shown = await carries(['catalog.example', '127.0.0.1'], options)

    const hasProxy = server.received[0]?.startsWith('GET http://catalog.example') === true
    expect(hasProxy).toBe(Number.parseInt(process.versions.node, 10) >= 22)
    expect([shownToOthers, shown]).toEqual([!hasProxy, true])
  })
})

describe('a request to a Unix socket', () => {
  it("sends the trace headers if its host name is allowed, and records the socket's path", async () => {
    const folder = mkdtempSync(join(tmpdir(), 'osprofiler-'))
    const socketPath = join(folder, 'app.sock')
    const names: string[] = []
    const unix = createServer((req, res) => {
      names.push(...Object.keys(req.headers).filter(name => name.startsWith('x-trace')))
      res.end()
    })
    await new Promise<void>(resolve => unix.listen(socketPath, resolve))
    onTestFinished(() => {
      unix.closeAllConnections()
      unix.close()
      rmSync(folder, { recursive: true })
    })

    await carries(undefined, { socketPath, path: '/ok' })

    expect(names).toEqual(['x-trace-info', 'x-trace-hmac'])
    expect(only(records, 'http-start').info.requests).toEqual({
      method: 'GET',
      query: '',
      path: '/ok',
      hostname: 'localhost',
      scheme: 'http',
      socket_path: socketPath,
    })
  })
})
