import * as http from 'node:http'
import * as https from 'node:https'
import { isIP } from 'node:net'
import { finished } from 'node:stream/promises'
import type { ParsedRequest } from './parse-request.js'

/** How the certificate of a server is judged. */
export interface Trust {
  /** Trusted authorities as PEM, instead of those of Node. */
  readonly ca?: Buffer | undefined
  readonly rejectUnauthorized?: boolean
}

/** An answer, without its body. */
export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
}

/** The outcome of one request. */
export interface Exchange {
  readonly answer?: Answer
  readonly error?: unknown
  /** Whether there was a connection, so that somebody may have taken the request. */
  readonly isConnected: boolean
}

/** Sends requests to one origin over one connection, as long as the server keeps it. */
export interface Connection {
  send(request: ParsedRequest, signal: AbortSignal): Promise<Exchange>
  close(): void
}

/** Methods by which a request may be sent twice (RFC 9110, 9.2.2). */
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** Opens such a connection. Nothing connects before the first request. */
export function openConnection({ protocol }: URL, trust: Trust): Connection {
  const isSecure = protocol === 'https:'
  const agent = isSecure
    ? new https.Agent({ ...trust, keepAlive: true, maxSockets: 1 })
    : new http.Agent({ keepAlive: true, maxSockets: 1 })
  return {
    async send(request, signal) {
      const first = await exchange(request, agent, signal)
      // The server closed the connection in the moment in which it was used again.
      const isStale = first.isReused && first.answer === undefined && !signal.aborted
      return isStale && REPEATABLE.has(request.method) ? await exchange(request, agent, signal) : first
    },
    close: () => agent.destroy(),
  }
}

async function exchange(
  { url, path, method, headers, body }: ParsedRequest,
  agent: http.Agent,
  signal: AbortSignal,
): Promise<Exchange & { readonly isReused: boolean }> {
  const state = { isConnected: false }
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  const { request: open } = agent instanceof https.Agent ? https : http
  const request = open({
    ...{ agent, signal, method, path, setHost: false },
    ...{ hostname, port: url.port || undefined },
    // Else Node would take the name from a header Host, for which this server need not have a certificate.
    servername: isIP(hostname) === 0 ? hostname : '',
  })
  for (const [name, value] of headers) request.appendHeader(name, value)
  // Node's defaults tell of its connection, and of a body that is not there. curl sends neither.
  for (const name of ['connection', 'content-length', 'transfer-encoding'])
    if (!request.hasHeader(name)) request.removeHeader(name)
  request.once('socket', socket => {
    if (!socket.connecting) state.isConnected = true
    else socket.once(agent instanceof https.Agent ? 'secureConnect' : 'connect', () => (state.isConnected = true))
  })
  let answer: Answer | undefined
  try {
    const response = await nextAnswer(request, body)
    answer = { status: response.statusCode ?? 0, headers: response.headers }
    // What is not read does not end, and the server's point spans to the end.
    await finished(response.resume())
    return { answer, ...state, isReused: request.reusedSocket }
  } catch (error) {
    return { ...(answer === undefined ? {} : { answer }), error, ...state, isReused: request.reusedSocket }
  }
}

function nextAnswer(request: http.ClientRequest, body: Buffer | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.once('response', resolve)
    // Another protocol begins, which is not spoken here: the head is all of the answer.
    request.once('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response)
    })
    request.end(body)
  })
}
