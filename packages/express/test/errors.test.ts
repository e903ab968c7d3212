import { setNotifier } from '@osprofiler/core'
import { osprofilerErrorHandler, osprofilerMiddleware } from '@osprofiler/express'
import type { ErrorRequestHandler, Express } from 'express'
import supertest from 'supertest'
import { afterEach, describe, expect, it } from 'vitest'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'
import { expresses } from './expresses.js'

afterEach(() => setNotifier(undefined))

class OutOfStock extends Error {}

async function stopInfo(app: Express, path: string): Promise<unknown> {
  const traces = recordTraces()
  // Express prints unhandled errors unless its environment is `test`.
  app.set('env', 'test')
  const { baseId, headers } = signTrace()
  await supertest(app).get(path).set(headers)
  const { host, points, ...info } = (await traces.whenServed(baseId)).at(-1)?.info ?? {}
  return info
}

describe.each(expresses)('osprofilerErrorHandler in Express $version', ({ version, express }) => {
  const withRoutes = (): Express => {
    const app = express().use(osprofilerMiddleware(KEY))
    app.get('/next', (_req, _res, next) => next(new OutOfStock('none left')))
    app.get('/throw', () => {
      throw new OutOfStock('none left')
    })
    app.get('/reject', async (_req, _res, next) => {
      // Express 4 does not handle rejected promises, so the application passes the error to `next`.
      if (version === '4') return next(new OutOfStock('none left'))
      throw new OutOfStock('none left')
    })
    app.get('/string', (_req, _res, next) => next('only a word'))
    return app
  }

  it.each(['/next', '/throw', '/reject'])('records the error of a route (%s)', async path => {
    const app = withRoutes().use(osprofilerErrorHandler())

    expect(await stopInfo(app, path)).toEqual({
      etype: 'OutOfStock',
      message: 'none left',
      request: { route: path },
      response: expect.objectContaining({ status_code: 500 }),
    })
  })

  it("passes the error to the application's own handler, and records the handler's status", async () => {
    const app = withRoutes().use(osprofilerErrorHandler())
    const answer: ErrorRequestHandler = (error, _req, res, _next) => void res.status(409).json({ error: error.message })
    app.use(answer)

    expect(await stopInfo(app, '/next')).toMatchObject({ etype: 'OutOfStock', response: { status_code: 409 } })
    const { body } = await supertest(app).get('/next')
    expect(body).toEqual({ error: 'none left' })
  })

  it('records a thrown value that is not an Error', async () => {
    const app = withRoutes().use(osprofilerErrorHandler())

    expect(await stopInfo(app, '/string')).toMatchObject({ etype: 'string', message: 'only a word' })
  })

  it('records the first of several errors', async () => {
    const app = withRoutes().use(osprofilerErrorHandler())
    const failAgain: ErrorRequestHandler = (_error, _req, _res, next) => next(new Error('the second'))
    app.use(failAgain)
    app.use(osprofilerErrorHandler())

    expect(await stopInfo(app, '/next')).toMatchObject({ etype: 'OutOfStock' })
  })

  it('is optional, because the status 500 is recorded without it', async () => {
    expect(await stopInfo(withRoutes(), '/next')).toEqual({
      request: { route: '/next' },
      response: expect.objectContaining({ status_code: 500 }),
    })
  })

  it('does nothing for untraced requests', async () => {
    const traces = recordTraces()
    const app = withRoutes().use(osprofilerErrorHandler()).set('env', 'test')

    await supertest(app).get('/next').expect(500)

    expect(traces.all).toEqual([])
  })
})
