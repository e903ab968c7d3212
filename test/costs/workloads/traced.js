import { once } from 'node:events'
import { osprofilerMiddleware } from '@osprofiler/express'
import { createExchange } from '../exchange.js'
import { createRequests, HMAC_KEYS, LIMITS } from '../requests.js'

export const COUNT = 50

/**
 * Creates the workload: the middleware for Express, Connect and plain handlers, with a handler that only sends a
 * response.
 */
export function createWorkload() {
  const middleware = osprofilerMiddleware(HMAC_KEYS, LIMITS)
  const send = handle => async headers => {
    const { req, res } = createExchange(headers)
    const finished = once(res, 'finish')
    handle(req, res, () => res.end('{"id":"7","state":"paid"}'))
    await finished
  }
  return createRequests(
    COUNT,
    send((_req, _res, next) => next()),
    send(middleware),
  )
}
