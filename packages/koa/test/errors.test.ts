import { setNotifier } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/koa'
import type { Middleware } from 'koa'
import supertest from 'supertest'
import { afterEach, describe, expect, it } from 'vitest'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'
import { koas } from './koas.js'

afterEach(() => setNotifier(undefined))

class OutOfStock extends Error {}

describe.each(koas)('osprofilerMiddleware in Koa $version', ({ Koa }) => {
  async function stopInfo(...middleware: Middleware[]): Promise<unknown> {
    const traces = recordTraces()
    const app = new Koa()
    app.silent = true
    for (const each of middleware) app.use(each)
    const { baseId, headers } = signTrace()
    await supertest(app.callback()).get('/').set(headers)
    const { host, points, ...info } = (await traces.whenServed(baseId)).at(-1)?.info ?? {}
    return info
  }

  const outOfStock: Middleware = async () => {
    throw new OutOfStock('none left')
  }

  it.each<{ how: string; middleware: Middleware }>([
    { how: 'rejects', middleware: outOfStock },
    {
      how: 'throws',
      middleware: () => {
        throw new OutOfStock('none left')
      },
    },
  ])('records the error of a middleware that $how', async ({ middleware }) => {
    expect(await stopInfo(osprofilerMiddleware(KEY), middleware)).toEqual({
      etype: 'OutOfStock',
      message: 'none left',
      response: expect.objectContaining({ status_code: 500 }),
    })
  })

  it('records the status that is passed to ctx.throw', async () => {
    const refuse: Middleware = ctx => ctx.throw(403, 'not you')

    expect(await stopInfo(osprofilerMiddleware(KEY), refuse)).toMatchObject({
      message: 'not you',
      response: { status_code: 403 },
    })
  })

  it('records an error that an earlier middleware turns into a response', async () => {
    const answer: Middleware = async (ctx, next) => {
      try {
        await next()
      } catch {
        ctx.status = 409
      }
    }

    expect(await stopInfo(answer, osprofilerMiddleware(KEY), outOfStock)).toMatchObject({
      etype: 'OutOfStock',
      response: { status_code: 409 },
    })
  })

  it('does not record an error that a later middleware catches', async () => {
    const answer: Middleware = async (ctx, next) => {
      await next().catch(() => {
        ctx.status = 409
      })
    }

    expect(await stopInfo(osprofilerMiddleware(KEY), answer, outOfStock)).toEqual({
      response: expect.objectContaining({ status_code: 409 }),
    })
  })
})
