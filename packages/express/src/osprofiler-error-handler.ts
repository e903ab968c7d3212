import type { IncomingMessage, ServerResponse } from 'node:http'
import { servedRequest } from '@osprofiler/core/http'
import { findChosenRoute } from './express-route.js'

/**
 * Creates an error handler that records the errors of routes in the request's point and passes them on. Register it
 * after the routes and before the application's own error handlers. `osprofilerMiddleware()` cannot record these errors
 * itself, because Express does not report errors to the first middleware.
 *
 * @example
 * app.use(osprofilerErrorHandler())
 */
export function osprofilerErrorHandler() {
  // Express recognizes an error handler by its four parameters.
  return function osprofilerError(
    error: unknown,
    req: IncomingMessage,
    _res: ServerResponse,
    next: (error?: unknown) => void,
  ): void {
    const request = servedRequest(req)
    request?.fail(error)
    request?.findRoute(() => findChosenRoute(req))
    next(error)
  }
}
