import { execFile } from 'node:child_process'
import http, { Agent, get as importedGet, request as importedRequest } from 'node:http'
import { promisify } from 'node:util'
import { setNotifier, suppress, type TraceRecord, withTrace } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findFreePort } from '../../../test/servers/free-port.js'
import { ask } from './http-asking.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { type OriginServer, openOrigin } from './origin-server.js'
import { carried, collect, inTrace, KEY, only, until } from './traced-calls.js'

// Programs may save this function before they call `instrument()`.
const { request: takenRequest } = http

let server: OriginServer
let records: TraceRecord[]

beforeAll(async () => {
  server = await openOrigin()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  records = collect()
  server.arrived.length = 0
})
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

function get(path: string, options: http.RequestOptions = {}): Promise<string> {
  return ask(onAnswer => http.get(server.origin + path, options, onAnswer))
}

function names(): string[] {
  return records.map(({ name }) => name)
}

describe('a traced request', () => {
  it('becomes a point with the request and the status of the response', async () => {
    instrumented(['http'])

    const { baseId } = await inTrace(() =>
      ask(onAnswer =>
        http.request(`${server.origin}/ok/path?page=2&access_token=SEALED`, { method: 'post' }, onAnswer).end('x'),
      ),
    )

    const start = only(records, 'http-start')
    expect(start).toMatchObject({ base_id: baseId, parent_id: baseId })
    expect(start.info.requests).toEqual({
      method: 'POST',
      query: 'page=2&access_token=***',
      path: '/ok/path',
      hostname: '127.0.0.1',
      port: server.port,
      scheme: 'http',
    })
    const stop = only(records, 'http-stop')
    expect(stop.trace_id).toBe(start.trace_id)
    expect(stop.info.requests).toEqual({
      status_code: 200,
      signed: true,
      first_byte_ms: expect.any(Number),
      last_byte_ms: expect.any(Number),
      busy_ms: expect.any(Number),
      connection: { connect_ms: expect.any(Number), tcp_ms: expect.any(Number), busy_ms: expect.any(Number) },
    })
    expect(records).toHaveLength(2)
  })

  it.each<[string, (onAnswer: (response: http.IncomingMessage) => void) => http.ClientRequest]>([
    ['http.request(url)', onAnswer => http.request(`${server.origin}/ok`, onAnswer)],
    ['http.request(url, options)', onAnswer => http.request(`${server.origin}/no`, { path: '/ok' }, onAnswer)],
    ['http.request(URL)', onAnswer => http.request(new URL(`${server.origin}/ok`), onAnswer)],
    [
      'http.request(options)',
      onAnswer => http.request({ port: server.port, host: '127.0.0.1', path: '/ok' }, onAnswer),
    ],
    [
      'hostname, which takes precedence over host',
      onAnswer => http.get({ port: server.port, host: 'no', hostname: '127.0.0.1', path: '/ok' }, onAnswer),
    ],
    ['http.get(url)', onAnswer => http.get(`${server.origin}/ok`, onAnswer)],
    ['request imported by name', onAnswer => importedRequest(`${server.origin}/ok`, onAnswer)],
    ['get imported by name', onAnswer => importedGet(`${server.origin}/ok`, onAnswer)],
    ['headers in a list', onAnswer => http.get(`${server.origin}/ok`, { headers: ['Host', 'a', 'B', 'c'] }, onAnswer)],
    [
      'headers in a list of pairs',
      onAnswer =>
        http.get(
          `${server.origin}/ok`,
          {
            headers: [
              ['Host', 'a'],
              ['B', 'c'],
            ] as never,
          },
          onAnswer,
        ),
    ],
    [
      'an Expect header',
      onAnswer => http.get(`${server.origin}/ok`, { headers: { Expect: '100-continue' } }, onAnswer),
    ],
    ['an agent', onAnswer => http.get(`${server.origin}/ok`, { agent: new Agent() }, onAnswer)],
    ['no agent', onAnswer => http.get(`${server.origin}/ok`, { agent: false }, onAnswer)],
    [
      'an IPv4 address in IPv6 notation',
      onAnswer => http.get({ host: '::ffff:127.0.0.1', port: server.port, path: '/ok' }, onAnswer),
    ],
  ])("sends the trace headers, so that its point is the parent of the callee's points: %s", async (_name, send) => {
    instrumented(['http'])

    const { baseId } = await inTrace(() => ask(send))

    const parentId = only(records, 'http-start').trace_id
    expect(server.arrived.map(carried)).toEqual([{ baseId, parentId, hmacKey: KEY }])
    expect(server.arrived[0]?.rawHeaders.filter(name => /^x-trace/i.test(name))).toEqual([
      'X-Trace-Info',
      'X-Trace-HMAC',
    ])
    expect(only(records, 'http-start').info.requests).toMatchObject({ path: '/ok', port: server.port })
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200 })
  })

  it.each<[string, (onAnswer: (response: http.IncomingMessage) => void) => http.ClientRequest]>([
    ['a function that was saved before instrument()', onAnswer => takenRequest(`${server.origin}/ok?a=1`, onAnswer)],
    ['new ClientRequest()', onAnswer => new http.ClientRequest(new URL(`${server.origin}/ok?a=1`) as never, onAnswer)],
  ])('is recorded even if it bypasses the wrapped functions: %s', async (_name, send) => {
    instrumented(['http'])

    const { baseId } = await inTrace(() => ask(send))

    const { trace_id, info } = only(records, 'http-start')
    expect(info.requests).toEqual({
      method: 'GET',
      query: 'a=1',
      path: '/ok',
      hostname: '127.0.0.1',
      port: server.port,
      scheme: 'http',
    })
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200 })
    expect(server.arrived.map(carried)).toEqual([{ baseId, parentId: trace_id, hmacKey: KEY }])
  })

  it('is nested in the surrounding point, and contains no other point', async () => {
    instrumented(['http'])

    await inTrace(() =>
      withTrace('outer', async () => {
        await Promise.all([get('/slow'), get('/slow'), withTrace('beside', () => get('/ok'))])
      }),
    )

    const outer = only(records, 'outer-start').trace_id
    const beside = only(records, 'beside-start')
    const parents = records.filter(({ name }) => name === 'http-start').map(record => record.parent_id)
    expect(beside.parent_id).toBe(outer)
    expect(parents.sort()).toEqual([outer, outer, beside.trace_id].sort())
  })

  it('lasts until the response is read, and records the time of the first byte', async () => {
    instrumented(['http'])

    await inTrace(() =>
      ask(onAnswer =>
        http.get(`${server.origin}/halves`, response => {
          withTrace('head came', () => undefined)
          setTimeout(() => server.release(), 30)
          onAnswer(response)
        }),
      ),
    )

    expect(names()).toEqual(['http-start', 'head came-start', 'head came-stop', 'http-stop'])
    const { requests } = only(records, 'http-stop').info as { requests: Record<string, number> }
    const { first_byte_ms: first = 0, last_byte_ms: last = 0 } = requests
    expect(first).toBeGreaterThan(0)
    expect(last - first).toBeGreaterThan(25)
  })

  it.each([404, 500, 204])('records the status %i, and no exception', async code => {
    instrumented(['http'])

    await inTrace(() => get(`/status?code=${code}`))

    const { info } = only(records, 'http-stop')
    expect(info.requests).toMatchObject({ status_code: code })
    expect(info).not.toHaveProperty('etype')
  })

  it('ends when Node has discarded a response that has no listener', async () => {
    instrumented(['http'])

    await inTrace(async () => {
      http.get(`${server.origin}/ok`)
      await until(() => records.length === 2)
    })

    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200 })
  })

  it('ends when its trace ends if the response is never read, and still records its status', async () => {
    instrumented(['http'])

    const { result } = await inTrace(
      () => new Promise<http.IncomingMessage>(resolve => http.get(`${server.origin}/big`, resolve)),
    )
    await until(() => records.length === 2)
    result.destroy()

    expect(only(records, 'http-stop').info).toEqual({
      requests: expect.objectContaining({
        status_code: 503,
        signed: true,
        first_byte_ms: expect.any(Number),
        unread: true,
      }),
      host: expect.any(String),
    })
  })

  it('ends at once when the response is destroyed', async () => {
    instrumented(['http'])

    await inTrace(async () => {
      const answer = await new Promise<http.IncomingMessage>(resolve => http.get(`${server.origin}/big`, resolve))
      answer.destroy()
    })

    const { info } = only(records, 'http-stop')
    expect(info).toMatchObject({ requests: { status_code: 503 }, etype: 'AbortError' })
  })

  it('ends with the error if the response is cut off, and still records its status', async () => {
    instrumented(['http'])

    await inTrace(() => get('/cut').catch(() => undefined))

    const { info } = only(records, 'http-stop')
    expect(info.requests).toMatchObject({ status_code: 200 })
    expect(info).toMatchObject({ etype: 'Error', message: 'aborted' })
  })

  it.each(['127.0.0.1', 'localhost'])('records the error of connecting to %s', async host => {
    instrumented(['http'])
    const port = await findFreePort()

    const { result } = await inTrace(() => ask(onAnswer => http.get({ host, port }, onAnswer)).catch(error => error))

    expect(result).toBeInstanceOf(Error)
    expect(only(records, 'http-stop').info.message).toContain('ECONNREFUSED')
  })

  it('records the error for invalid arguments', async () => {
    instrumented(['http'])

    const { result } = await inTrace(async () => {
      try {
        return http.get({ path: '/a b' })
      } catch (error) {
        return error
      }
    })

    expect(result).toBeInstanceOf(TypeError)
    expect(only(records, 'http-stop').info.etype).toBe('TypeError')
  })

  it.each<[string, string, (request: http.ClientRequest) => void]>([
    ['destroy()', 'AbortError', request => request.destroy()],
    ['destroy(error)', 'RangeError', request => request.destroy(new RangeError('too much'))],
    ['abort()', 'AbortError', request => request.abort()],
  ])('ends at once when it is destroyed by %s', async (_name, etype, giveUp) => {
    instrumented(['http'])

    await inTrace(async () => {
      const request = http.get(`${server.origin}/never`)
      request.on('error', () => undefined)
      await until(() => server.arrived.length === 1)
      giveUp(request)
    })

    expect(only(records, 'http-stop').info).toMatchObject({ etype })
  })

  it('ends at once when it is destroyed before it has a connection', async () => {
    instrumented(['http'])

    await inTrace(async () => {
      http
        .get(`${server.origin}/never`)
        .on('error', () => undefined)
        .destroy()
      await until(() => records.length === 2)
    })

    expect(only(records, 'http-stop').info.etype).toBeTypeOf('string')
  })

  it('ends with an AbortError when a signal aborts the request', async () => {
    instrumented(['http'])
    const controller = new AbortController()

    await inTrace(async () => {
      const answer = get('/never', { signal: controller.signal }).catch(() => undefined)
      await until(() => server.arrived.length === 1)
      controller.abort()
      return answer
    })

    expect(only(records, 'http-stop').info).toMatchObject({ etype: 'AbortError' })
  })

  it('ends with a TimeoutError when the program destroys the request after a timeout', async () => {
    instrumented(['http'])

    await inTrace(
      () =>
        new Promise(resolve => {
          const request = http.get(`${server.origin}/never`, { timeout: 30 })
          request.on('timeout', () => request.destroy())
          request.on('error', resolve)
        }),
    )

    expect(only(records, 'http-stop').info).toMatchObject({ etype: 'TimeoutError' })
  })

  it("still throws its error if it has no 'error' listener", async () => {
    const port = await findFreePort()
    const program = `
      import http from 'node:http'
      import { run, setNotifier } from '@osprofiler/core'
      import { instrument } from '@osprofiler/instruments'
      instrument(['http'])
      setNotifier(() => undefined)
      process.on('uncaughtException', error => console.log(error.code))
      run({ hmacKey: 'K' }, () => http.get('http://127.0.0.1:${port}/'))`

    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      cwd: import.meta.dirname,
    })

    expect(stdout.trim()).toBe('ECONNREFUSED')
  })
})

describe('a traced request on a connection of an agent', () => {
  it('stays in its own trace if the connection is reused', async () => {
    instrumented(['http'])
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })

    const { baseId: first } = await inTrace(() => get('/ok?1', { agent }))
    const { baseId: second } = await inTrace(() => get('/ok?2', { agent }))
    agent.destroy()

    expect(server.arrived.map(arrived => carried(arrived)?.baseId)).toEqual([first, second])
    expect(records.map(({ base_id }) => base_id)).toEqual([first, first, second, second])
  })

  it('contains a point `wait` if it must wait for a connection', async () => {
    instrumented(['http'])
    const agent = new Agent({ maxSockets: 1 })

    const [, second] = await Promise.all([
      inTrace(() => get('/slow?ms=30', { agent })),
      inTrace(async () => {
        const answer = await get('/ok', { agent })
        await withTrace('after', () => undefined)
        return answer
      }),
    ])
    agent.destroy()

    const own = records.filter(record => record.base_id === second.baseId)
    const request = only(own, 'http-start')
    expect(only(own, 'wait-start')).toMatchObject({
      parent_id: request.trace_id,
      info: { wait: { for: 'pool', max: 1, waiting: 0 } },
    })
    expect(own.map(({ name }) => name)).toEqual([
      'http-start',
      'wait-start',
      'wait-stop',
      'http-stop',
      'after-start',
      'after-stop',
    ])
    expect(records.filter(({ name }) => name === 'wait-start')).toHaveLength(1)
  })

  it('ends its point `wait` when it is destroyed before it gets a connection', async () => {
    instrumented(['http'])
    const agent = new Agent({ maxSockets: 1 })

    await inTrace(async () => {
      const first = http.get(`${server.origin}/never`, { agent }).on('error', () => undefined)
      const second = http.get(`${server.origin}/ok`, { agent }).on('error', () => undefined)
      second.destroy()
      await until(() => server.arrived.length === 1)
      first.destroy()
      await until(() => records.length === 6)
    })
    agent.destroy()

    const { trace_id, parent_id } = only(records, 'wait-stop')
    const stops = records.filter(({ name }) => name.endsWith('-stop')).map(record => record.trace_id)
    expect(stops.indexOf(parent_id)).toBeGreaterThan(stops.indexOf(trace_id))
    expect(stops).toHaveLength(3)
  })

  it('ends when the connection is upgraded', async () => {
    instrumented(['http'])

    await inTrace(async () => {
      const socket = await new Promise<import('node:stream').Duplex>((resolve, reject) => {
        const headers = { connection: 'upgrade', upgrade: 'echo' }
        const request = http.get(`${server.origin}/upgrade`, { headers })
        request.on('upgrade', (_response, socket) => resolve(socket)).on('error', reject)
      })
      await withTrace('after', () => undefined)
      socket.destroy()
    })

    expect(names()).toEqual(['http-start', 'http-stop', 'after-start', 'after-stop'])
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 101 })
    expect(server.arrived.map(carried)).toEqual([expect.anything()])
  })

  it('ends when the connection becomes a tunnel, and sends no trace headers to the proxy', async () => {
    instrumented(['http'])

    await inTrace(async () => {
      const socket = await new Promise<import('node:stream').Duplex>((resolve, reject) => {
        const request = http.request({ port: server.port, host: '127.0.0.1', method: 'CONNECT', path: 'catalog:443' })
        request.on('connect', (_response, socket) => resolve(socket)).on('error', reject)
        request.end()
      })
      socket.destroy()
      await until(() => records.length === 2)
    })

    expect(only(records, 'http-start').info.requests).toMatchObject({ method: 'CONNECT', path: 'catalog:443' })
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200 })
    expect(server.arrived.map(carried)).toEqual([undefined])
  })

  it('ends when the connection is upgraded, even without an upgrade listener', async () => {
    instrumented(['http'])

    await inTrace(async () => {
      const headers = { connection: 'upgrade', upgrade: 'echo' }
      http.get(`${server.origin}/upgrade`, { headers }).on('error', () => undefined)
      await until(() => records.length === 2)
    })

    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 101 })
  })
})

describe('a request', () => {
  it.each<[string, (fn: () => Promise<string>) => Promise<unknown>]>([
    ['outside a trace', fn => fn()],
    ['in suppress()', fn => inTrace(() => suppress(fn))],
  ])('is untraced %s', async (_name, run) => {
    instrumented(['http'])

    await run(() => get('/ok'))
    await run(() => ask(onAnswer => takenRequest(`${server.origin}/ok`, onAnswer)))

    expect(server.arrived.map(carried)).toEqual([undefined, undefined])
    expect(records).toEqual([])
  })

  it('is untraced after the instrument is removed, which also restores node:http', async () => {
    const before = { ...http }
    const undo = instrument(['http'])
    undo()
    undo()

    await inTrace(() => get('/ok'))

    expect(http.request).toBe(before.request)
    expect(importedGet).toBe(before.get)
    expect(server.arrived.map(carried)).toEqual([undefined])
    expect(records).toEqual([])
  })

  it('that is in progress when the instrument is removed is recorded until its end', async () => {
    const undo = instrumented(['http'])

    await inTrace(async () => {
      const answer = get('/slow')
      await until(() => records.length === 1)
      undo()
      await answer
    })

    expect(names()).toEqual(['http-start', 'http-stop'])
  })
})
