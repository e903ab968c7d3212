import { type ClientRequest, request } from 'node:http'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { setNotifier, start, withTrace } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Application, Listening, Wrapper } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { createGate } from './context/gate.js'
import { recordTraces } from './context/recorded-traces.js'
import { send as exchange, signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

/** How long a test waits before it checks that an event did not happen. */
const SETTLE_MS = 20

function send(path: string, headers: Record<string, string>, method = 'GET'): ClientRequest {
  const req = request(`${server?.url}${path}`, { headers, method })
  req.on('error', () => undefined)
  return req
}

/** Waits for the server's side of the next connection. */
function waitForConnection(): { readonly closed: Promise<void> } {
  const closed = createGate()
  server?.server.once('connection', socket => socket.once('close', closed.open))
  return { closed: closed.opened }
}

function waitForEvent(req: ClientRequest, event: string): Promise<unknown> {
  return new Promise(done => req.once(event, done))
}

describe.each(frameworks)('a client of $name', framework => {
  const serve = async (application: Application): Promise<void> => {
    server = await framework.serve(application)
  }

  it('can disconnect before the adapter runs', async () => {
    const traces = recordTraces()
    const reached = createGate()
    const before: Wrapper = async next => {
      reached.open()
      await connection.closed
      await next()
    }
    await serve({ before, routes: { '/': () => ({}) } })
    const connection = waitForConnection()
    const { baseId, headers } = signTrace()

    const req = send('/', headers)
    req.end()
    await reached.opened
    req.destroy()

    const records = await traces.whenServed(baseId)
    await pause(SETTLE_MS)
    expect(outlineTrace(traces.of(baseId))).toBe('wsgi')
    expect(records.at(-1)?.info.etype).toBe('ClientDisconnected')
  })

  it('can disconnect before its body was read, and then the handler never runs', async () => {
    const traces = recordTraces()
    const reached = createGate()
    const after: Wrapper = next => {
      reached.open()
      return next()
    }
    let ran = 0
    await serve({ after, routes: { '/': () => ({ ran: ran++ }) } })
    const { baseId, headers } = signTrace()

    const req = send('/', { ...headers, 'Content-Type': 'application/json', 'Content-Length': '100' }, 'POST')
    req.write('{"half": ')
    await reached.opened
    req.destroy()

    const records = await traces.whenServed(baseId)
    await pause(SETTLE_MS)
    expect(outlineTrace(traces.of(baseId))).toBe('wsgi')
    expect(records.at(-1)?.info.etype).toBe('ClientDisconnected')
    expect(ran).toBe(0)
  })

  it('can disconnect while the handler works, and then open points end with the request', async () => {
    const traces = recordTraces()
    const working = createGate()
    const gone = createGate()
    const done = createGate()
    const route = async (): Promise<object> => {
      start('left open')
      working.open()
      await gone.opened
      await withTrace('late', () => pause(1))
      done.open()
      return {}
    }
    await serve({ routes: { '/': route } })
    const { baseId, headers } = signTrace()

    const req = send('/', headers)
    req.end()
    await working.opened
    req.destroy()

    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi\n  left open')
    expect(records.at(-1)?.info.etype).toBe('ClientDisconnected')
    gone.open()
    await done.opened
    await pause(SETTLE_MS)
    expect(outlineTrace(traces.of(baseId))).toBe('wsgi\n  late\n  left open')
  })

  it('can disconnect while the response is being written', async () => {
    const traces = recordTraces()
    async function* endless() {
      for (;;) {
        await pause(1)
        yield withTrace('chunk', () => 'x'.repeat(10_000))
      }
    }
    await serve({ routes: { '/': () => Readable.from(endless()) } })
    const { baseId, headers } = signTrace()

    const req = send('/', headers)
    req.end()
    const res = (await waitForEvent(req, 'response')) as Readable
    await new Promise(read => res.once('data', read))
    res.on('error', () => undefined)
    req.destroy()

    const records = await traces.whenServed(baseId)
    expect(records.at(-1)).toMatchObject({
      name: 'wsgi-stop',
      info: { etype: 'ClientDisconnected', response: { status_code: 200 } },
    })
    expect(records.filter(({ name }) => name === 'chunk-start').length).toBeGreaterThan(0)
  })

  it('can disconnect after the response, and then the disconnect is not recorded', async () => {
    const traces = recordTraces()
    await serve({ routes: { '/': () => withTrace('work', async () => ({ ok: true })) } })
    const { baseId, headers } = signTrace()

    const req = send('/', headers)
    req.end()
    const res = (await waitForEvent(req, 'response')) as Readable
    for await (const _ of res);
    req.destroy()

    const records = await traces.whenServed(baseId)
    await pause(SETTLE_MS)
    expect(outlineTrace(traces.of(baseId))).toBe('wsgi\n  work')
    expect(records.at(-1)?.info).not.toHaveProperty('etype')
  })

  it('can stop waiting for a response that never comes', async () => {
    const traces = recordTraces()
    const asked = createGate()
    await serve({ routes: { '/': () => new Promise(asked.open) } })
    const { baseId, headers } = signTrace()

    const req = send('/', headers)
    req.end()
    await asked.opened
    expect(traces.of(baseId).map(({ name }) => name)).toEqual(['wsgi-start'])
    req.destroy()

    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi')
    expect(records.at(-1)?.info.etype).toBe('ClientDisconnected')
  })

  it('that gets no response waits until the server closes its connections, which ends the point', async () => {
    const traces = recordTraces()
    const asked = createGate()
    await serve({ routes: { '/': () => new Promise(asked.open) } })
    const { baseId, headers } = signTrace()

    send('/', headers).end()
    await asked.opened
    if (server && 'closeAllConnections' in server.server) server.server.closeAllConnections()

    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi')
    expect(records.at(-1)?.info.etype).toBe('ResponseAborted')
  })

  it('gets the same response with and without a trace', async () => {
    recordTraces()
    await serve({ routes: { '/': () => ({ ok: true }) } })

    const signed = await exchange(`${server?.url}/`, { headers: signTrace().headers })
    const unsigned = await exchange(`${server?.url}/`)

    expect(signed.body).toEqual(unsigned.body)
    expect(Object.keys(signed.headers)).toEqual(Object.keys(unsigned.headers))
  })
})
