import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import type { Reply } from './signed-request.js'

/** A connection over HTTP/2, whose failures are of no interest. */
export function openSession(url: string): ClientHttp2Session {
  return connect(url).on('error', () => undefined)
}

/** A request on it, in flight. */
export function openStream(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): ClientHttp2Stream {
  const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return session.request({ ':path': path, ...lowered }).on('error', () => undefined)
}

/** A request and its answer. */
export async function exchange(
  session: ClientHttp2Session,
  path: string,
  headers?: Readonly<Record<string, string>>,
): Promise<Pick<Reply, 'status' | 'json'>> {
  const stream = openStream(session, path, headers)
  let status = 0
  stream.on('response', response => {
    status = response[':status'] ?? 0
  })
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  return { status, json: () => JSON.parse(text) }
}
