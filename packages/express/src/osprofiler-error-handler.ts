import type { IncomingMessage, ServerResponse } from 'node:http'
import { servedRequest } from '@osprofiler/core/http'
import { chosenRoute } from './express-route.js'

/**
 * Records the errors of routes in the request's point and passes them on. Goes after the routes and before the
 * application's own error handlers: the first middleware, which opened the point, is never told of an error.
 *
 * @example
 * app.use(osprofilerErrorHandler())
 */
export function osprofilerErrorHandler() {
  // Four parameters: it is by their number that Express knows an error handler.
  return function osprofilerError(
    error: unknown,
    req: IncomingMessage,
    _res: ServerResponse,
    next: (error?: unknown) => void,
  ): void {
    const request = servedRequest(req)
    request?.fail(error)
    request?.findRoute(() => chosenRoute(req))
    next(error)
  }
}
