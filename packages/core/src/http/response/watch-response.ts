import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { watchHttp1 } from './http1-response-end.js'
import { streamOf, watchHttp2 } from './http2-response-end.js'
import type { NodeRequest, NodeResponse } from './node-messages.js'
import type { ResponseWatcher, WatchedResponse } from './response-end.js'

/**
 * Watches a response without adding listeners, and determines who ended it. Returns `undefined` if the response cannot
 * be watched.
 */
export function watchResponse(
  req: NodeRequest,
  res: NodeResponse,
  watcher: ResponseWatcher,
): WatchedResponse | undefined {
  const stream = streamOf(res)
  if (stream !== undefined) return watchHttp2(res as Http2ServerResponse, stream, watcher)
  return watchHttp1(req as IncomingMessage, res as ServerResponse, watcher)
}
