import { Agent, request as openRequest } from 'node:https'
import { Buffer, Error } from '@osprofiler/core/toolkit'
import { sendRequest } from '../lifetime/send-request.js'
import type { StoreLifetime } from '../opening/store-driver.js'
import { isObject, parse } from '../records/record-text.js'

/** The address of a Log Insight server, and how to verify its certificate. */
export interface LogInsightServer {
  readonly host: string
  readonly port: number
  /** The PEM certificate of the only certificate authority to trust. Default: the authorities that Node trusts. */
  readonly ca: string | undefined
  /** Whether to accept any certificate, as Python's driver does. */
  readonly insecure: boolean
}

/** A request to Log Insight's API. Its body is JSON. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Time limit for an answer, in milliseconds. */
  readonly timeoutMs: number
}

/** An answer with any status, even an error status. `HttpFailure` is only for requests that got no answer. */
export interface HttpAnswer {
  readonly status: number
  /** The JSON object in the answer, or an empty object if the answer contains no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

/** A request that got no answer. */
export class HttpFailure extends Error {
  /** Whether the server may have received the request. */
  readonly isSent: boolean

  constructor(message: string, sent: boolean) {
    super(message)
    this.name = 'HttpFailure'
    this.isSent = sent
  }
}

/** An HTTPS client for one Log Insight server. Its idle connections do not keep the process alive. */
export interface HttpClient {
  /** Rejects with an `HttpFailure` if there is no answer. */
  send(request: HttpRequest): Promise<HttpAnswer>
  close(): void
}

/**
 * How long an idle connection stays open. The client must close an idle connection before the server closes it. If the
 * server closed the connection just as a request was sent, the request would be lost.
 */
const IDLE_CONNECTION_MS = 4_000
const MAX_ANSWER_CHARACTERS = 200_000_000

/** Creates a client with `node:https`, because `fetch` has no option for trusted certificate authorities. */
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

  async function exchange(
    { method, path, headers, body = '', timeoutMs }: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    let isSent = false
    const json = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const request = openRequest({ host, port, agent, method, path, headers: { ...headers, ...json } })
    request.on('socket', socket => {
      isSent = request.reusedSocket
      if (!isSent) socket.once('secureConnect', () => (isSent = true))
    })
    try {
      const { status, text } = await sendRequest(request, body, {
        timeoutMs,
        maxCharacters: MAX_ANSWER_CHARACTERS,
        signal,
      })
      const value = parse(text)
      return { status, body: isObject(value) ? value : {} }
    } catch (error) {
      throw new HttpFailure((error as Error).message, isSent)
    }
  }

  return {
    send: request => run(signal => exchange(request, signal)),
    close: () => agent.destroy(),
  }
}
