import { Agent, request as openRequest } from 'node:https'
import { Buffer, clearTimeout, Error, Promise, setTimeout } from '@osprofiler/core/toolkit'
import type { StoreLifetime } from '../opening/store-driver.js'
import { isObject, parse } from '../records/record-text.js'

/** Where a Log Insight is, and what its certificate is measured by. */
export interface LogInsightServer {
  readonly host: string
  readonly port: number
  /** The certificate, as PEM, of an authority to be trusted instead of those that Node knows. */
  readonly ca: string | undefined
  /** Whether any certificate will do, as for Python's driver. */
  readonly insecure: boolean
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** How long an answer may take, in milliseconds. */
  readonly timeout: number
}

export interface HttpAnswer {
  readonly status: number
  /** What it says as JSON, or nothing. */
  readonly body: Readonly<Record<string, unknown>>
}

/** A request that came to nothing. */
export class HttpFailure extends Error {
  /** Whether the server may have received it. */
  readonly sent: boolean

  constructor(message: string, sent: boolean) {
    super(message)
    this.name = 'HttpFailure'
    this.sent = sent
  }
}

export interface HttpClient {
  /** Rejects with an `HttpFailure` where there is no answer. */
  send(request: HttpRequest): Promise<HttpAnswer>
  close(): void
}

/** Before the server closes a connection, of which a request on its way would learn nothing. */
const IDLE_CONNECTION_MS = 4_000
const MAX_CHARACTERS = 200_000_000

/** Speaks HTTPS, by Node's own client: `fetch` could not be told whose certificates to trust. */
export function createHttpClient(
  { host, port, ca, insecure }: LogInsightServer,
  { lookup, run }: StoreLifetime,
): HttpClient {
  const agent = new Agent({
    keepAlive: true,
    lookup,
    timeout: IDLE_CONNECTION_MS,
    rejectUnauthorized: !insecure,
    ...(ca === undefined ? {} : { ca }),
  })

  function exchange({ method, path, headers, body = '', timeout }: HttpRequest, end: AbortSignal): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      let sent = false
      const json = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
      const request = openRequest({ host, port, agent, method, path, headers: { ...headers, ...json } })
      const seconds = timeout / 1_000
      const timer = setTimeout(() => request.destroy(new Error(`no answer came in ${seconds} s`)), timeout).unref()
      end.addEventListener('abort', () => request.destroy(end.reason))
      request.on('close', () => clearTimeout(timer))
      request.on('socket', socket => {
        // Whoever waits for the answer keeps the process alive.
        socket.unref()
        sent = request.reusedSocket
        if (!sent) socket.once('secureConnect', () => (sent = true))
      })
      request.on('error', error => reject(new HttpFailure(error.message, sent)))
      request.on('response', response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
          if (text.length > MAX_CHARACTERS) response.destroy(new Error('its answer is too long'))
        })
        response.on('error', error => reject(new HttpFailure(error.message, true)))
        response.on('end', () => {
          const value = parse(text)
          resolve({ status: response.statusCode ?? 0, body: isObject(value) ? value : {} })
        })
      })
      request.end(body)
    })
  }

  return {
    send: request => run(end => exchange(request, end)),
    close: () => agent.destroy(),
  }
}
