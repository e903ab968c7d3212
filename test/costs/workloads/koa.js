import { osprofilerMiddleware } from '@osprofiler/koa'
import Koa from 'koa'
import { inject } from 'light-my-request'
import { createRequests, HMAC_KEYS, LIMITS } from '../requests.js'

export const COUNT = 200

export function createWorkload() {
  const bare = createHandler()
  const traced = createHandler(osprofilerMiddleware(HMAC_KEYS, LIMITS))
  const send = handler => headers => inject(handler, { url: '/orders/7', headers })
  return createRequests(COUNT, send(bare), send(traced))
}

function createHandler(...middlewares) {
  const app = new Koa()
  for (const middleware of middlewares) app.use(middleware)
  app.use(ctx => {
    ctx.body = { id: ctx.path.slice('/orders/'.length), state: 'paid' }
  })
  return app.callback()
}
