import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'

/** The request as Node's servers hand it out, HTTP/1 or HTTP/2. */
export type NodeRequest = IncomingMessage | Http2ServerRequest

/** The response as Node's servers hand it out, HTTP/1 or HTTP/2. */
export type NodeResponse = ServerResponse | Http2ServerResponse
