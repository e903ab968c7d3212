import * as http from 'node:http'
import * as https from 'node:https'
import { finished } from 'node:stream/promises'
import { bareHostname, type ConnectTimes, openAhead, serverName } from './open-ahead.js'
import type { ParsedRequest } from './parse-request.js'

/** How to verify the certificate of a server. */
export interface Trust {
  /** PEM certificates of the authorities to trust, instead of Node's list. */
  readonly ca?: Buffer | undefined
  readonly rejectUnauthorized?: boolean
}

/** The status and headers of an HTTP response. The body is read to its end and discarded. */
export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  /** When the headers arrived, in milliseconds since 1970. */
  readonly receivedAt: number
}

/** The outcome of one request. If the answer broke off, there is both an answer and an error. */
export interface Exchange {
  readonly answer?: Answer
  readonly error?: unknown
  /** Whether a connection was established, so that the request may have been received. */
  readonly isConnected: boolean
}

/** Sends requests to one origin over one connection, for as long as the server keeps this connection open. */
export interface Connection {
  /**
   * Opens the connection before a request, so that the measured time of the request does not include the opening. Does
   * nothing if the connection is already open. If the opening fails, `send` tries again to open the connection. If this
   * fails as well, `send` reports the error.
   */
  open(signal: AbortSignal): Promise<ConnectTimes | undefined>
  send(request: ParsedRequest, signal: AbortSignal): Promise<Exchange>
  close(): void
}

/** Methods of requests that may be repeated (RFC 9110, 9.2.2). */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/** Creates a connection. If `open` is not called, the first request opens the connection. */
export function openConnection(url: URL, trust: Trust): Connection {
  const isSecure = url.protocol === 'https:'
  const agent = isSecure
    ? new https.Agent({ ...trust, keepAlive: true, maxSockets: 1 })
    : new http.Agent({ keepAlive: true, maxSockets: 1 })
  const opening = openAhead(agent, url)
  return {
    open: async signal => (Object.keys(agent.freeSockets).length > 0 ? undefined : await opening.open(signal)),
    async send(request, signal) {
      const first = await exchange(request, agent, signal)
      // If there is no answer on a reused connection, the server probably closed the connection just as the request was
      // sent.
      const isStale = first.isReused && first.answer === undefined && !signal.aborted
      if (!isStale || !IDEMPOTENT_METHODS.has(request.method)) return first
      const second = await exchange(request, agent, signal)
      // The server may have received the first request, and may have closed the connection because of that request.
      return { ...second, isConnected: first.isConnected || second.isConnected }
    },
    close() {
      opening.close()
      agent.destroy()
    },
  }
}

async function exchange(
  { url, path, method, headers, body }: ParsedRequest,
  agent: http.Agent,
  signal: AbortSignal,
): Promise<Exchange & { readonly isReused: boolean }> {
  const state = { isConnected: false }
  const hostname = bareHostname(url)
  const { request: openRequest } = agent instanceof https.Agent ? https : http
  const request = openRequest({
    ...{ agent, signal, method, path, setHost: false },
    ...{ hostname, port: url.port || undefined, servername: serverName(hostname) },
  })
  for (const [name, value] of headers) request.appendHeader(name, value)
  // Removes Node's default headers about the connection and an absent body, because curl does not send them.
  for (const name of ['connection', 'content-length', 'transfer-encoding'])
    if (!request.hasHeader(name)) request.removeHeader(name)
  request.once('socket', socket => {
    if (!socket.connecting) state.isConnected = true
    else socket.once(agent instanceof https.Agent ? 'secureConnect' : 'connect', () => (state.isConnected = true))
  })
  let answer: Answer | undefined
  try {
    const response = await receiveAnswer(request, body)
    answer = { status: response.statusCode ?? 0, headers: response.headers, receivedAt: Date.now() }
    // A response ends only if its body is read, and the server's point lasts until the end of the response.
    await finished(response.resume())
    return { answer, ...state, isReused: request.reusedSocket }
  } catch (error) {
    return { ...(answer === undefined ? {} : { answer }), error, ...state, isReused: request.reusedSocket }
  }
}

function receiveAnswer(request: http.ClientRequest, body: Buffer | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.once('response', resolve)
    // After these headers, the connection uses another protocol, which is not supported here. So the headers are the
    // whole answer.
    request.once('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response)
    })
    request.end(body)
  })
}
