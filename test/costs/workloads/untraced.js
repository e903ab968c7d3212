import { osprofilerMiddleware } from '@osprofiler/express'
import { createExchange } from '../exchange.js'
import { callOften } from '../repeat.js'
import { HMAC_KEYS, UNSIGNED } from '../requests.js'

export const COUNT = 1_000

/** Creates the workload: the middleware for Express, Connect and plain handlers, for a request without a signature. */
export function createWorkload() {
  const middleware = osprofilerMiddleware(HMAC_KEYS)
  const { req, res } = createExchange(UNSIGNED)
  let calls = 0
  const next = () => {
    calls++
  }
  const callMiddleware = callOften(() => middleware(req, res, next))
  return {
    untraced(count) {
      calls = 0
      callMiddleware(count)
      if (calls !== count) throw new Error(`${count} requests called their handler ${calls} times`)
    },
  }
}
