import type { IncomingMessage } from 'node:http'

/** What a client sends, or undefined where its connection broke before all of it was here. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  let body = ''
  try {
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    return body
  } catch {
    return undefined
  }
}
