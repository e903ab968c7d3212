import Router from '@koa/router'
import { get, setNotifier, withTrace } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/koa'
import mount from 'koa-mount'
import supertest from 'supertest'
import { afterEach, describe, expect, it } from 'vitest'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'
import { outlineTrace } from '../../../test/context/trace-outline.js'
import { koas } from './koas.js'

afterEach(() => setNotifier(undefined))

describe.each(koas)('osprofilerMiddleware in Koa $version', ({ Koa }) => {
  const answerWithTrace = (ctx: { body: unknown }): void => {
    withTrace('route', () => {
      ctx.body = { trace: get()?.baseId }
    })
  }

  it('traces the work of nested routers', async () => {
    const traces = recordTraces()
    const inner = new Router().get('/items/:id', answerWithTrace)
    const router = new Router()
    router.use((_ctx, next) => withTrace('router', next))
    router.use('/api', inner.routes())
    const app = new Koa().use(osprofilerMiddleware(KEY)).use(router.routes()).use(router.allowedMethods())
    const { baseId, headers } = signTrace()

    const { body } = await supertest(app.callback()).get('/api/items/7?color=blue').set(headers)

    expect(body).toEqual({ trace: baseId })
    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi\n  router\n    route')
    expect(records[0]?.info.request).toMatchObject({ path: '/api/items/7', query: 'color=blue' })
  })

  it('records the full path if it is used in a mounted sub-application', async () => {
    const traces = recordTraces()
    const inner = new Koa().use(osprofilerMiddleware(KEY)).use(answerWithTrace)
    const app = new Koa().use(mount('/api', mount('/v2', inner)))
    const { baseId, headers } = signTrace()

    await supertest(app.callback()).get('/api/v2/items?color=blue').set(headers).expect(200)

    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi\n  route')
    expect(records[0]?.info.request).toMatchObject({ path: '/api/v2/items', query: 'color=blue' })
  })

  it('records one point per request, even if it is used twice in an application and again in a sub-application', async () => {
    const traces = recordTraces()
    const inner = new Koa().use(osprofilerMiddleware(KEY)).use(answerWithTrace)
    const app = new Koa().use(osprofilerMiddleware(KEY)).use(osprofilerMiddleware(KEY)).use(mount('/inner', inner))
    const { baseId, headers } = signTrace()

    await supertest(app.callback()).get('/inner').set(headers).expect(200)

    expect(outlineTrace(await traces.whenServed(baseId))).toBe('wsgi\n  route')
  })

  it('keeps the trace in middleware after `await next()`', async () => {
    const traces = recordTraces()
    const app = new Koa().use(osprofilerMiddleware(KEY))
    app.use(async (_ctx, next) => {
      await withTrace('way in', () => undefined)
      await next()
      await withTrace('way out', () => undefined)
    })
    app.use(answerWithTrace)
    const { baseId, headers } = signTrace()

    await supertest(app.callback()).get('/').set(headers).expect(200)

    expect(outlineTrace(await traces.whenServed(baseId))).toBe('wsgi\n  route\n  way in\n  way out')
  })

  it('traces a request to which no middleware responds', async () => {
    const traces = recordTraces()
    const app = new Koa().use(osprofilerMiddleware(KEY))
    const { baseId, headers } = signTrace()

    await supertest(app.callback()).get('/nothing').set(headers).expect(404)

    const records = await traces.whenServed(baseId)
    expect(records.at(-1)?.info.response).toMatchObject({ status_code: 404 })
    expect(records.at(-1)?.info).not.toHaveProperty('etype')
  })

  it('does not trace a request without trace headers', async () => {
    const traces = recordTraces()
    const app = new Koa().use(osprofilerMiddleware(KEY)).use(answerWithTrace)

    const { body } = await supertest(app.callback()).get('/').expect(200)

    expect(body).toEqual({})
    expect(traces.all).toEqual([])
  })
})

describe('osprofilerMiddleware in Koa 3', () => {
  it("leaves Koa's own currentContext unchanged", async () => {
    const traces = recordTraces()
    const [{ Koa } = { Koa: undefined }] = koas
    if (Koa === undefined) throw new Error('There is no Koa')
    const app = new Koa({ asyncLocalStorage: true })
    app.use(osprofilerMiddleware(KEY))
    app.use(async ctx => {
      await withTrace('work', () => new Promise(setImmediate))
      ctx.body = { same: app.currentContext === ctx }
    })
    const { baseId, headers } = signTrace()

    const signed = await supertest(app.callback()).get('/').set(headers)
    const unsigned = await supertest(app.callback()).get('/')

    expect([signed.body, unsigned.body]).toEqual([{ same: true }, { same: true }])
    expect(outlineTrace(await traces.whenServed(baseId))).toBe('wsgi\n  work')
  })
})
