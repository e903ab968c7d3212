import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Our own pages load scripts, styles and data from this server alone, and make no markup from text. */
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

/** A failure for the browser. Its message holds nothing of the store, of paths or of passwords. */
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

/** Sends a whole text at once. */
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

/** Content type of a page. */
export const HTML_TYPE = 'text/html; charset=utf-8'

/** Sends a value as JSON, with status 200. */
export function sendJson(response: ServerResponse, value: unknown): void {
  sendText(response, 200, 'application/json', JSON.stringify(value))
}

/**
 * Sends pieces no faster than the browser takes them, and stops making them when the browser has gone. A failure before
 * the first piece can still be answered. A later failure breaks the connection, so that half a trace is not taken for
 * the whole.
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

/** Returns the headers of a file to save. No system takes the name for a path. */
export function createAttachmentHeaders(type: string, name: string, extension: string): OutgoingHttpHeaders {
  const safe = name.replaceAll(/[^\w-]+/g, '_').slice(0, 100) || 'trace'
  return { 'Content-Type': type, 'Content-Disposition': `attachment; filename="${safe}.${extension}"` }
}
