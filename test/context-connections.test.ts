import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { get, setNotifier, withTrace } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Application, Listening } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { recordTraces } from './context/recorded-traces.js'
import { send, signTrace, split } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'
import { doWork, WORK_OUTLINE } from './context/traced-work.js'

const application: Application = {
  routes: {
    '/who': async () => {
      const before = get()?.baseId
      await withTrace('look', () => pause(1))
      return { before, after: get()?.baseId }
    },
    '/body': async ({ id, body }) => ({ body, traced: await doWork(id) }),
    '/never': () => new Promise(() => undefined),
  },
}

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

describe.each(frameworks)('a connection to $name', framework => {
  it('can carry signed and unsigned requests alternately, and only the signed requests are traced', async () => {
    const traces = recordTraces()
    server = await framework.serve(application)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const first = signTrace()
    const second = signTrace()
    const forged = signTrace('another key')

    const found: unknown[] = []
    for (const headers of [first.headers, {}, second.headers, forged.headers, {}]) {
      found.push((await send(`${server.url}/who`, { headers, agent })).json())
    }

    expect(Object.keys(agent.freeSockets)).toHaveLength(1)
    expect(found).toEqual([
      { before: first.baseId, after: first.baseId },
      {},
      { before: second.baseId, after: second.baseId },
      {},
      {},
    ])
    expect(outlineTrace(await traces.whenServed(first.baseId))).toBe('wsgi\n  look')
    expect(outlineTrace(await traces.whenServed(second.baseId))).toBe('wsgi\n  look')
    expect(traces.all).toHaveLength(8)
    agent.destroy()
  })

  it('does not lose the trace of a request whose body arrives slowly and in pieces', async () => {
    const traces = recordTraces()
    server = await framework.serve(application)
    const { url } = server
    const text = JSON.stringify({ words: Array.from({ length: 500 }, (_, index) => `wörd ${index}`) })

    const sent = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const trace = signTrace()
        const headers = { 'Content-Type': 'application/json' }
        const body = split(text, 12)
        const signed = await send(`${url}/body?id=${index}`, { headers: { ...headers, ...trace.headers }, body })
        const unsigned = await send(`${url}/body?id=${index}`, { headers, body })
        return { trace, signed, unsigned }
      }),
    )

    for (const { trace, signed, unsigned } of sent) {
      expect(signed.json()).toEqual({ body: JSON.parse(text), traced: true })
      expect(unsigned.json()).toEqual({ body: JSON.parse(text), traced: false })
      expect(outlineTrace(await traces.whenServed(trace.baseId))).toBe(`wsgi${WORK_OUTLINE}`)
    }
  })

  it('does not lose the trace of a request whose client waits for 100 Continue', async () => {
    const traces = recordTraces()
    server = await framework.serve(application)
    const { baseId, headers } = signTrace()
    const body = ['{"a":', ' 1}']

    const reply = await send(`${server.url}/body?id=1`, {
      headers: { ...headers, Expect: '100-continue', 'Content-Type': 'application/json', 'Content-Length': '8' },
      body,
    })

    expect(reply.json()).toEqual({ body: { a: 1 }, traced: true })
    expect(outlineTrace(await traces.whenServed(baseId))).toBe(`wsgi${WORK_OUTLINE}`)
  })

  it('does not lose the trace of a request for which the application itself sends 100 Continue', async () => {
    const traces = recordTraces()
    server = await framework.serve(application)
    const [app] = server.server.listeners('request') as ((req: IncomingMessage, res: ServerResponse) => void)[]
    server.server.on('checkContinue', (req, res) => {
      res.writeContinue()
      app?.(req, res)
    })
    const { baseId, headers } = signTrace()

    const reply = await send(`${server.url}/body?id=1`, {
      headers: { ...headers, Expect: '100-continue', 'Content-Type': 'application/json', 'Content-Length': '8' },
      body: ['{"a": 1}'],
    })

    expect(reply.json()).toEqual({ body: { a: 1 }, traced: true })
    expect(outlineTrace(await traces.whenServed(baseId))).toBe(`wsgi${WORK_OUTLINE}`)
  })

  it('ends the points of all pipelined requests when it closes, even if a request was never answered', async () => {
    const traces = recordTraces()
    server = await framework.serve(application)
    const sent = ['/who', '/never', ...Array.from({ length: 20 }, () => '/who')].map(path => ({ path, ...signTrace() }))
    const warnings: unknown[] = []
    const warned = (warning: unknown): void => void warnings.push(warning)
    process.on('warning', warned)

    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    for (const { path, headers } of sent) {
      const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
      socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
    }
    socket.resume()
    await traces.whenServed(sent[0]?.baseId ?? '')
    const looks = () => traces.all.filter(({ name }) => name === 'look-stop').length
    await expect.poll(looks).toBe(sent.length - 1)
    socket.destroy()

    for (const [index, { path, baseId }] of sent.entries()) {
      const records = await traces.whenServed(baseId)
      expect(outlineTrace(records)).toBe(path === '/never' ? 'wsgi' : 'wsgi\n  look')
      const { info } = records.at(-1) ?? {}
      expect(info?.etype).toBe(index === 0 ? undefined : 'ClientDisconnected')
    }
    expect(warnings).toEqual([])
    process.off('warning', warned)
  })
})
