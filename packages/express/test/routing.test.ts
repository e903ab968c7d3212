import { get, setNotifier, withTrace } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import supertest from 'supertest'
import { afterEach, describe, expect, it } from 'vitest'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'
import { outlineTrace } from '../../../test/context/trace-outline.js'
import { expresses } from './expresses.js'

afterEach(() => setNotifier(undefined))

describe.each(expresses)('osprofilerMiddleware in Express $version', ({ express }) => {
  const answerWithTrace = (_req: unknown, res: { json(value: unknown): void }): void => {
    withTrace('route', () => res.json({ trace: get()?.baseId }))
  }

  it('records the full path if it is used in a mounted sub-application', async () => {
    const traces = recordTraces()
    const inner = express()
    inner.use(osprofilerMiddleware(KEY))
    inner.get('/items/:id', answerWithTrace)
    const app = express()
    app.use('/api/v2', inner)
    const { baseId, headers } = signTrace()

    const { body } = await supertest(app).get('/api/v2/items/7?color=blue').set(headers)

    expect(body).toEqual({ trace: baseId })
    const records = await traces.whenServed(baseId)
    expect(records[0]?.info.request).toEqual({
      path: '/api/v2/items/7',
      query: 'color=blue',
      method: 'GET',
      scheme: 'http',
    })
  })

  it('traces the work of mounted routers and sub-applications', async () => {
    const traces = recordTraces()
    const router = express.Router()
    router.use((_req, _res, next) => withTrace('router', next))
    router.get('/deep', answerWithTrace)
    const inner = express()
    inner.use('/router', router)
    const app = express()
    app.use(osprofilerMiddleware(KEY))
    app.use('/app', inner)
    const { baseId, headers } = signTrace()

    await supertest(app).get('/app/router/deep').set(headers).expect(200)

    const records = await traces.whenServed(baseId)
    expect(outlineTrace(records)).toBe('wsgi\n  router\n    route')
    expect(records[0]?.info.request).toMatchObject({ path: '/app/router/deep' })
  })

  it('records one point per request, even if it is used twice in an application and again in a sub-application', async () => {
    const traces = recordTraces()
    const inner = express().use(osprofilerMiddleware(KEY)).get('/', answerWithTrace)
    const app = express()
    app.use(osprofilerMiddleware(KEY), osprofilerMiddleware(KEY))
    app.use('/inner', inner)
    const { baseId, headers } = signTrace()

    await supertest(app).get('/inner').set(headers).expect(200)

    expect(outlineTrace(await traces.whenServed(baseId))).toBe('wsgi\n  route')
  })

  it('traces a request without a matching route', async () => {
    const traces = recordTraces()
    const app = express().use(osprofilerMiddleware(KEY))
    const { baseId, headers } = signTrace()

    await supertest(app).get('/nothing').set(headers).expect(404)

    const records = await traces.whenServed(baseId)
    expect(records.at(-1)?.info.response).toMatchObject({ status_code: 404 })
    expect(records.at(-1)?.info).not.toHaveProperty('etype')
  })

  it('does not trace a request without trace headers', async () => {
    const traces = recordTraces()
    const app = express().use(osprofilerMiddleware(KEY)).get('/', answerWithTrace)

    const { body } = await supertest(app).get('/').expect(200)

    expect(body).toEqual({})
    expect(traces.all).toEqual([])
  })
})
