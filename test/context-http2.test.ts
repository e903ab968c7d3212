import { once } from 'node:events'
import type { ClientHttp2Session } from 'node:http2'
import { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { get, setNotifier, withTrace } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import { fastifyHttp2 } from './context/fastify-app.js'
import type { Application, Listening } from './context/framework.js'
import { createGate } from './context/gate.js'
import { exchange, openSession, openStream } from './context/http2-session.js'
import { koaHttp2 } from './context/koa-app.js'
import { recordTraces } from './context/recorded-traces.js'
import { signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'
import { doWork, WORK_OUTLINE } from './context/traced-work.js'

let server: Listening | undefined
let session: ClientHttp2Session | undefined

afterEach(async () => {
  session?.destroy()
  await server?.close()
  setNotifier(undefined)
})

describe.each([koaHttp2, fastifyHttp2])('$name', framework => {
  const serve = async (application: Application): Promise<ClientHttp2Session> => {
    server = await framework.serve(application)
    session = openSession(server.url)
    return session
  }

  it('does not mix the traces of 200 concurrent streams on one connection', async () => {
    const traces = recordTraces()
    const client = await serve({
      routes: {
        '/work': async ({ id }) => ({ id, traced: await doWork(id), trace: get()?.baseId }),
        '/fail': async ({ id }) => {
          await doWork(id)
          throw new RangeError('on purpose')
        },
      },
    })

    const sent = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const { baseId, headers } = signTrace()
        const path = index % 4 === 0 ? '/fail' : '/work'
        const [signed, unsigned] = await Promise.all([
          exchange(client, `${path}?id=${index}`, headers),
          exchange(client, `/work?id=${index}`),
        ])
        return { path, baseId, signed, unsigned }
      }),
    )

    for (const { path, baseId, signed, unsigned } of sent) {
      const records = await traces.whenServed(baseId)
      expect(outlineTrace(records)).toBe(`wsgi${WORK_OUTLINE}`)
      expect(records[0]?.info.request).toMatchObject({ path, method: 'GET', scheme: 'http' })
      expect(records.at(-1)?.info.etype).toBe(path === '/fail' ? 'RangeError' : undefined)
      expect(signed.status).toBe(path === '/fail' ? 500 : 200)
      if (path === '/work') expect(signed.json()).toMatchObject({ traced: true, trace: baseId })
      expect(unsigned.json()).toMatchObject({ traced: false })
      expect(unsigned.json()).not.toHaveProperty('trace')
    }
    expect(new Set(traces.all.map(({ base_id }) => base_id)).size).toBe(sent.length)
  })

  it('does not lose the trace in a streamed response', async () => {
    const traces = recordTraces()
    async function* chunks() {
      for (let index = 0; index < 3; index++) {
        await pause(1)
        yield withTrace('chunk', () => JSON.stringify(get()?.baseId))
      }
    }
    const client = await serve({ routes: { '/': () => Readable.from(chunks()) } })
    const { baseId, headers } = signTrace()

    const stream = openStream(client, '/', headers).setEncoding('utf8')
    let text = ''
    for await (const chunk of stream) text += chunk

    expect(text).toBe(JSON.stringify(baseId).repeat(3))
    expect(outlineTrace(await traces.whenServed(baseId))).toBe('wsgi\n  chunk\n  chunk\n  chunk')
  })

  it.each([
    { event: 'the client resets the stream', leave: 'reset' },
    { event: 'the client drops the connection', leave: 'drop' },
  ])('ends the point when $event while the handler works', async ({ leave }) => {
    const traces = recordTraces()
    const asked = createGate()
    const client = await serve({ routes: { '/': () => new Promise(asked.open) } })
    const { baseId, headers } = signTrace()

    const stream = openStream(client, '/', headers)
    await asked.opened
    if (leave === 'reset') stream.close(8)
    else client.destroy()

    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi')
    expect(records.at(-1)?.info.etype).toBe('ClientDisconnected')
  })

  it('ends the point when the client resets the stream while the response is being written', async () => {
    const traces = recordTraces()
    async function* endless() {
      for (;;) {
        await pause(1)
        yield 'x'.repeat(1_000)
      }
    }
    const client = await serve({ routes: { '/': () => Readable.from(endless()) } })
    const { baseId, headers } = signTrace()

    const stream = openStream(client, '/', headers)
    await once(stream, 'data')
    stream.close(8)

    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi')
    expect(records.at(-1)?.info).toMatchObject({ etype: 'ClientDisconnected', response: { status_code: 200 } })
  })

  it('ends the point of a request whose client disconnected before the adapter ran', async () => {
    const traces = recordTraces()
    const reached = createGate()
    const gone = createGate()
    const client = await serve({
      before: async next => {
        reached.open()
        await gone.opened
        await next()
      },
      routes: { '/': () => ({}) },
    })
    server?.server.once('session', accepted => accepted.once('close', () => setImmediate(gone.open)))
    const { baseId, headers } = signTrace()

    openStream(client, '/', headers)
    await reached.opened
    client.destroy()

    const records = await traces.whenServed(baseId)
    await pause(20)
    expect(outlineTrace(traces.of(baseId))).toBe('wsgi')
    expect(records.at(-1)?.info.etype).toBe('ClientDisconnected')
  })

  it('records nothing about a connection that is closed after the response', async () => {
    const traces = recordTraces()
    const client = await serve({ routes: { '/': () => ({ ok: true }) } })
    const { baseId, headers } = signTrace()

    await exchange(client, '/', headers)
    client.destroy()

    const records = await traces.whenServed(baseId)
    await pause(20)
    expect(outlineTrace(traces.of(baseId))).toBe('wsgi')
    expect(records.at(-1)?.info).not.toHaveProperty('etype')
  })
})
