import { get, setNotifier, withTrace } from '@osprofiler/core'
import { osprofiler } from '@osprofiler/fastify'
import { type FastifyInstance, fastify } from 'fastify'
import supertest from 'supertest'
import { afterEach, describe, expect, it } from 'vitest'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'
import { outlineTrace } from '../../../test/context/trace-outline.js'

let app: FastifyInstance | undefined

afterEach(async () => {
  await app?.close()
  setNotifier(undefined)
})

function createApp(): FastifyInstance {
  app = fastify()
  app.register(osprofiler, { hmacKeys: [KEY] })
  return app
}

describe('the Fastify plugin', () => {
  it('traces requests made by inject()', async () => {
    const traces = recordTraces()
    createApp().get('/', async () => withTrace('work', async () => ({ trace: get()?.baseId })))
    const { baseId, headers } = signTrace()

    const signed = await app?.inject({ url: '/?color=blue', headers })
    const unsigned = await app?.inject('/')

    expect(signed?.json()).toEqual({ trace: baseId })
    expect(unsigned?.json()).toEqual({})
    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi\n  work')
    expect(records[0]?.info.request).toEqual({ path: '/', query: 'color=blue', method: 'GET', scheme: 'http' })
    expect(records.at(-1)?.info).not.toHaveProperty('etype')
    expect(traces.all).toHaveLength(4)
  })

  it('does not trace an unsigned request that the handler of a traced request injects', async () => {
    const traces = recordTraces()
    createApp().get('/inner', async () => withTrace('inner', async () => ({ trace: get()?.baseId })))
    app?.get('/outer', async () => (await app?.inject('/inner'))?.json())
    const { baseId, headers } = signTrace()

    const reply = await app?.inject({ url: '/outer', headers })

    expect(reply?.json()).toEqual({})
    expect(outlineTrace(await traces.whenServed(baseId))).toBe('wsgi')
  })

  it('traces requests made by supertest', async () => {
    const traces = recordTraces()
    const server = createApp()
    server.get('/', async () => ({ trace: get()?.baseId }))
    await server.ready()
    const { baseId, headers } = signTrace()

    const { body } = await supertest(server.server).get('/').set(headers)

    expect(body).toEqual({ trace: baseId })
    expect(outlineTrace(await traces.whenServed(baseId))).toBe('wsgi')
  })

  it('traces the routes and hooks of encapsulated plugins', async () => {
    const traces = recordTraces()
    const server = createApp()
    server.register(
      async child => {
        child.addHook('preHandler', async () => withTrace('child hook', () => undefined))
        child.register(
          async grandchild => {
            grandchild.get('/route', async () => withTrace('route', async () => ({ trace: get()?.baseId })))
          },
          { prefix: '/grand' },
        )
      },
      { prefix: '/child' },
    )
    const { baseId, headers } = signTrace()

    const reply = await server.inject({ url: '/child/grand/route', headers })

    expect(reply.json()).toEqual({ trace: baseId })
    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi\n  child hook\n  route')
    expect(records[0]?.info.request).toMatchObject({ path: '/child/grand/route' })
  })

  it('traces only the routes of an encapsulated plugin if that plugin registers it', async () => {
    const traces = recordTraces()
    const server = fastify()
    app = server
    server.get('/outside', async () => ({ trace: get()?.baseId }))
    server.register(async child => {
      await child.register(osprofiler, { hmacKeys: KEY })
      child.get('/inside', async request => ({ trace: request.profiler?.baseId }))
    })
    const { baseId, headers } = signTrace()

    const inside = await server.inject({ url: '/inside', headers })
    const outside = await server.inject({ url: '/outside', headers })

    expect([inside.json(), outside.json()]).toEqual([{ trace: baseId }, {}])
    await traces.whenServed(baseId)
    expect(outlineTrace(traces.all)).toBe('wsgi')
  })

  it('keeps the trace in every hook, and sets `request.profiler`', async () => {
    const traces = recordTraces()
    const seen: Record<string, [boolean, boolean]> = {}
    const server = createApp()
    server.addHook('onRequest', async request => {
      seen.onRequest = [get()?.baseId === baseId, request.profiler?.baseId === baseId]
    })
    server.addHook('preParsing', async request => {
      seen.preParsing = [get()?.baseId === baseId, request.profiler?.baseId === baseId]
    })
    server.addHook('preValidation', async request => {
      seen.preValidation = [get()?.baseId === baseId, request.profiler?.baseId === baseId]
    })
    server.addHook('preHandler', (request, _reply, done) => {
      seen.preHandler = [get()?.baseId === baseId, request.profiler?.baseId === baseId]
      done()
    })
    server.addHook('preSerialization', async (request, _reply, payload) => {
      seen.preSerialization = [get()?.baseId === baseId, request.profiler?.baseId === baseId]
      return payload
    })
    server.addHook('onSend', async (request, _reply, payload) => {
      seen.onSend = [get()?.baseId === baseId, request.profiler?.baseId === baseId]
      return payload
    })
    // The handler does not return a promise. A timer sends its reply.
    server.post('/', (_request, reply) => {
      setTimeout(() => reply.send({ trace: get()?.baseId }), 1)
    })
    const { baseId, headers } = signTrace()

    const reply = await server.inject({ method: 'POST', url: '/', headers, payload: { some: 'body' } })

    expect(reply.json()).toEqual({ trace: baseId })
    expect(Object.keys(seen)).toHaveLength(6)
    for (const found of Object.values(seen)) expect(found).toEqual([true, true])
    expect(outlineTrace(await traces.whenServed(baseId))).toBe('wsgi')
  })

  it('leaves `request.profiler` undefined for an untraced request', async () => {
    createApp().get('/', async request => ({ known: 'profiler' in request, profiler: request.profiler ?? null }))

    const reply = await app?.inject('/')

    expect(reply?.json()).toEqual({ known: true, profiler: null })
  })

  it('records the requested path, even if rewriteUrl changes the path', async () => {
    const traces = recordTraces()
    app = fastify({ rewriteUrl: () => '/rewritten' })
    app.register(osprofiler, { hmacKeys: KEY })
    app.get('/rewritten', async () => ({}))
    const { baseId, headers } = signTrace()

    const reply = await app.inject({ url: '/asked?color=blue', headers })

    expect(reply.statusCode).toBe(200)
    expect((await traces.whenServed(baseId))[0]?.info.request).toMatchObject({ path: '/asked', query: 'color=blue' })
  })

  it('traces a request without a matching route', async () => {
    const traces = recordTraces()
    createApp()
    const { baseId, headers } = signTrace()

    const reply = await app?.inject({ url: '/nothing', headers })

    expect(reply?.statusCode).toBe(404)
    expect((await traces.whenServed(baseId)).at(-1)?.info.response).toMatchObject({ status_code: 404 })
  })
})

describe('a failure in Fastify', () => {
  class OutOfStock extends Error {}

  async function stopInfo(url: string, build: (server: FastifyInstance) => void): Promise<unknown> {
    const traces = recordTraces()
    const server = createApp()
    // A hook applies only to routes that are added later, so the plugin must be loaded first.
    await server.after()
    build(server)
    const { baseId, headers } = signTrace()
    await server.inject({
      method: 'POST',
      url,
      headers: { ...headers, 'Content-Type': 'application/json' },
      payload: '{',
    })
    const { host, points, ...info } = (await traces.whenServed(baseId)).at(-1)?.info ?? {}
    return info
  }

  it('is recorded if a hook throws', async () => {
    const info = await stopInfo('/', server => {
      server.addHook('onRequest', async () => {
        throw new OutOfStock('none left')
      })
      server.post('/', async () => ({}))
    })

    expect(info).toEqual({
      etype: 'OutOfStock',
      message: 'none left',
      request: { route: '/' },
      response: expect.objectContaining({ status_code: 500 }),
    })
  })

  it("is recorded with the status of the application's own error handler", async () => {
    const info = await stopInfo('/', server => {
      server.setErrorHandler((_error, _request, reply) => reply.code(409).send({}))
      server.addHook('preParsing', async () => {
        throw new OutOfStock('none left')
      })
      server.post('/', async () => ({}))
    })

    expect(info).toEqual({
      etype: 'OutOfStock',
      message: 'none left',
      request: { route: '/' },
      response: expect.objectContaining({ status_code: 409 }),
    })
  })

  it("is recorded if Fastify's parser rejects a body that is not valid JSON", async () => {
    const info = await stopInfo('/', server => server.post('/', async () => ({})))

    expect(info).toMatchObject({ etype: expect.any(String), response: { status_code: 400 } })
  })
})

describe('registering the Fastify plugin', () => {
  it('fails if the keys are empty', async () => {
    app = fastify()
    app.register(osprofiler, { hmacKeys: [] })

    await expect(app.ready()).rejects.toThrow(TypeError)
  })

  it('fails if an option has the wrong type', async () => {
    app = fastify()
    app.register(osprofiler, { hmacKeys: KEY, name: 7 as unknown as string })

    await expect(app.ready()).rejects.toThrow('name must be of type string, not number')
  })
})
