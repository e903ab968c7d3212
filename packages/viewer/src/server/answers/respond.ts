import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** The viewer's pages load scripts, styles and data only from this server, and create no markup from strings. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const COMMON_HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
}

/**
 * An error whose status and message are sent to the browser. The message contains nothing from the store, no path and
 * no password.
 */
export class Refusal extends Error {
  readonly status: number
  readonly headers: OutgoingHttpHeaders

  constructor(status: number, message: string, headers: OutgoingHttpHeaders = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/** Sets the headers that every response has. */
export function setCommonHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(COMMON_HEADERS)) response.setHeader(name, value)
}

/** Sends a string as the whole response. */
export function sendText(
  response: ServerResponse,
  status: number,
  type: string,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = Buffer.from(text)
  response.writeHead(status, { ...headers, 'Content-Type': type, 'Content-Length': body.length })
  response.end(body)
}

/** The content type of a page. */
export const HTML_TYPE = 'text/html; charset=utf-8'

/** Sends a value as JSON, with status 200. */
export function sendJson(response: ServerResponse, value: unknown): void {
  sendText(response, 200, 'application/json', JSON.stringify(value))
}

/**
 * Sends chunks at the speed at which the browser receives them, and stops when the browser has disconnected. After a
 * failure before the first chunk, an error status can still be sent. A later failure breaks the connection, so that the
 * browser does not mistake half of a trace for the whole trace.
 */
export async function sendChunks(
  response: ServerResponse,
  headers: OutgoingHttpHeaders,
  chunks: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  const first = await iterator.next()
  response.writeHead(200, headers)
  if (response.req.method === 'HEAD') {
    await iterator.return?.()
    response.end()
    return
  }
  await pipeline(Readable.from(continueFrom(first, iterator), { highWaterMark: 1 }), response)
}

async function* continueFrom(
  first: IteratorResult<string>,
  iterator: Iterator<string> | AsyncIterator<string>,
): AsyncGenerator<string> {
  try {
    for (let piece = first; piece.done !== true; piece = await iterator.next()) yield piece.value
  } finally {
    await iterator.return?.()
  }
}

/** Returns the headers for a download. The file name contains no character that could make it a path on any system. */
export function createAttachmentHeaders(type: string, name: string, extension: string): OutgoingHttpHeaders {
  const safe = name.replaceAll(/[^\w-]+/g, '_').slice(0, 100) || 'trace'
  return { 'Content-Type': type, 'Content-Disposition': `attachment; filename="${safe}.${extension}"` }
}
