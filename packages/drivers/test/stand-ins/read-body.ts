import type { IncomingMessage } from 'node:http'

/** Reads the body of a request. Returns undefined if the connection breaks before the end of the body. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let body = ''
  try {
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    return body
  } catch {
    return undefined
  }
}
