import { setMaxListeners } from 'node:events'
import { OsprofilerError } from '@osprofiler/core'
import { AbortController, Error, String, TypeError } from '@osprofiler/core/toolkit'
import { createBoundWork } from '../bound-work.js'
import { isObject } from '../record-text.js'

/** A request of the REST API that Elasticsearch and OpenSearch share. */
export interface SearchRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly querystring?: Readonly<Record<string, string | number | boolean>>
  readonly body?: object
  /** Lines of JSON, in place of `body`. */
  readonly bulkBody?: string
}

export interface RequestOptions {
  readonly maxRetries?: number
  readonly requestTimeout?: number
  readonly signal?: AbortSignal
}

/**
 * How long a request of a write may take, in milliseconds: the client's connections keep a program alive that has ended
 * its work. What the server was sent is written all the same, and found there when the batch is tried again.
 */
export const WRITE_TIMEOUT = 4_000

/** What both clients have, as their own documentation has it for requests of one's own. */
export interface SearchTransport {
  request(request: SearchRequest, options: RequestOptions): Promise<unknown>
}

/** A client that is loaded and made when it is first used. */
export interface SearchClient {
  /** Loads the client, for which a busy machine takes its time. */
  load(): Promise<unknown>
  /** What the server answers. Rejects with a `SearchFailure`. */
  request(request: SearchRequest, options?: RequestOptions): Promise<Record<string, unknown>>
  /** Like `request`, and undefined where there is no such index. */
  find(request: SearchRequest, options?: RequestOptions): Promise<Record<string, unknown> | undefined>
  /** Ends the requests that are under way. */
  abort(): void
  close(): Promise<void>
}

export interface OpenedTransport {
  readonly transport: SearchTransport
  close(): Promise<void> | void
}

/** A request that came to nothing. What it says holds nothing that was sent. */
export class SearchFailure extends Error {
  /** The server's answer, or undefined where there was none. */
  readonly status: number | undefined
  /** The server's name for what is wrong, such as `index_not_found_exception`. */
  readonly type: string

  constructor(status: number | undefined, type: string) {
    super(status === undefined ? type : `it answers ${status}${type === '' ? '' : ` ${type}`}`)
    this.name = 'SearchFailure'
    this.status = status
    this.type = type
  }
}

/** The client's own limit comes first, in milliseconds. */
const MARGIN = 1_000

/**
 * @param open loads the client, whose connections end with the signal; called again after that, or after it has failed
 * @param patience how long an answer may take in all, in milliseconds
 */
export function createSearchClient(
  open: (end: AbortSignal) => Promise<OpenedTransport>,
  patience: number,
): SearchClient {
  let opening: Promise<OpenedTransport> | undefined
  let connections = new AbortController()
  let closing: Promise<void> | undefined
  const work = createBoundWork()

  async function closeOpened(): Promise<void> {
    const opened = await opening?.catch(() => undefined)
    await opened?.close()
  }

  function openClient(): Promise<OpenedTransport> {
    connections = new AbortController()
    // Each socket listens to it.
    setMaxListeners(0, connections.signal)
    return open(connections.signal)
  }

  /** Ending a request leaves a connection alone that is being made, and that keeps the process alive. */
  function cutConnections(): void {
    connections.abort()
    if (closing === undefined) opening = undefined
  }

  async function request(
    { querystring = {}, ...rest }: SearchRequest,
    options: RequestOptions = {},
  ): Promise<Record<string, unknown>> {
    try {
      const wanted = { ...rest, querystring }
      return toObject(
        await work.run(
          async signal => {
            signal.addEventListener('abort', cutConnections)
            opening ??= openClient()
            const { transport } = await opening
            signal.throwIfAborted()
            const answer = transport.request(wanted, { ...options, signal })
            // The client's own limit begins anew with each piece of an answer.
            return await answer.catch((error: unknown) => {
              throw signal.aborted ? signal.reason : error
            })
          },
          (options.requestTimeout ?? patience) + MARGIN,
        ),
      )
    } catch (error) {
      throw toSearchFailure(error)
    }
  }

  return {
    async load() {
      opening ??= openClient()
      await opening
    },
    request,
    async find(wanted, options) {
      try {
        return await request(wanted, options)
      } catch (error) {
        if (error instanceof SearchFailure && error.status === 404) return undefined
        throw error
      }
    },
    abort() {
      work.abort()
      cutConnections()
    },
    close() {
      // Once: OpenSearch's client, closed again, never answers.
      closing ??= closeOpened()
      return closing
    },
  }
}

/** The same client, for what is done in the background: none of its requests holds up the end of a program for long. */
export function inHurry(client: SearchClient): SearchClient {
  const options = { requestTimeout: WRITE_TIMEOUT }
  return {
    ...client,
    request: request => client.request(request, options),
    find: request => client.find(request, options),
  }
}

/** An error for those who use the driver. */
export function toSearchError(product: string, location: string, error: unknown): unknown {
  if (error instanceof OsprofilerError || error instanceof TypeError) return error
  const cause = error instanceof SearchFailure ? error : toSearchFailure(error)
  return new OsprofilerError('ERR_STORE', `The store "${location}" in ${product} cannot be used: ${cause.message}.`, {
    cause,
  })
}

/** The one client gives the answer's body, the other puts more beside it. */
function toObject(result: unknown): Record<string, unknown> {
  const body = isObject(result) && 'statusCode' in result && 'body' in result ? result.body : result
  return isObject(body) ? body : {}
}

function toSearchFailure(error: unknown): SearchFailure {
  if (error instanceof SearchFailure) return error
  const { name, message, meta } = isObject(error) ? error : { name: '', message: '', meta: undefined }
  const status = isObject(meta) && typeof meta.statusCode === 'number' ? meta.statusCode : 0
  if (name === 'ResponseError' && isObject(meta) && status > 0) return new SearchFailure(status, typeOf(meta.body))
  if (name === 'ConnectionError' || name === 'NoLivingConnectionsError') {
    return new SearchFailure(undefined, String(message).split('\n', 1)[0] ?? '')
  }
  if (name === 'TimeoutError') return new SearchFailure(undefined, 'it gave no answer in time; see timeout')
  if (name === 'NoAnswer') return new SearchFailure(undefined, String(message))
  if (name === 'RequestAbortedError') return new SearchFailure(undefined, 'nobody waits for it any longer')
  // A 200 of something else that speaks HTTP, or what cannot be read as an answer, which the message may quote.
  return new SearchFailure(undefined, `its client says ${String(name) || 'nothing'}`)
}

function typeOf(body: unknown): string {
  const error = isObject(body) ? body.error : undefined
  const type = isObject(error) ? error.type : undefined
  return typeof type === 'string' && /^\w{1,80}$/.test(type) ? type : ''
}
