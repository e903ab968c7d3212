import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import type { Reply } from './signed-request.js'

/** Opens an HTTP/2 connection and ignores its errors. */
export function openSession(url: string): ClientHttp2Session {
  return connect(url).on('error', () => undefined)
}

/** Starts a request on the connection. */
export function openStream(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): ClientHttp2Stream {
  const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return session.request({ ':path': path, ...lowered }).on('error', () => undefined)
}

/** Sends a request and returns the response. */
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
