import { setMaxListeners } from 'node:events'
import { OsprofilerError } from '@osprofiler/core'
import { AbortController, Math } from '@osprofiler/core/toolkit'
import { createAbortableWork } from '../lifetime/abortable-work.js'
import { isObject } from '../records/record-text.js'
import { isMissingIndex, SearchFailure, toRefusal, toSearchFailure } from './failure.js'
import { checkServer, type SearchServerName } from './server-check.js'
import type { RequestOptions, SearchAnswer, SearchRequest, SearchTransport } from './transport.js'

/**
 * Time limit for a write. It is short, because connections keep a finished program alive. After this time, the server
 * still writes the data that it has received.
 */
export const WRITE_MS = 4_000

/** A client for Elasticsearch or OpenSearch that is loaded and created on first use. */
export interface SearchClient {
  /** Number of hosts to which the client may send requests. */
  readonly nodes: number
  /** Loads the client's package, which takes time on a busy machine. */
  load(): Promise<unknown>
  /** Resolves to the server's answer. Rejects with a `SearchFailure`. */
  request(request: SearchRequest, options?: RequestOptions): Promise<Record<string, unknown>>
  /** Like `request`, but resolves to undefined if the index does not exist. */
  find(request: SearchRequest, options?: RequestOptions): Promise<Record<string, unknown> | undefined>
  abort(): void
  close(): Promise<void>
}

/** The transport of a client package, and the function that closes the client. */
export interface OpenedTransport {
  readonly transport: SearchTransport
  close(): Promise<void> | void
}

interface CheckedTransport extends OpenedTransport {
  /**
   * Resolves if the server is the expected product. Undefined before the first check, and again after a failed check.
   */
  check: Promise<void> | undefined
}

/** Facts that the client needs about a store: the expected server, the number of hosts, and the time limit. */
export interface SearchClientSettings {
  readonly name: SearchServerName
  readonly nodes: number
  /** Time limit for the answer of one host, in milliseconds. */
  readonly timeoutMs: number
}

/** The margin that is added to the driver's time limit, so that the client's own limit expires first. */
const LIMIT_MARGIN_MS = 1_000

/**
 * Creates a client. `open` is called on first use, and again after a failure or an abort. The connections that `open`
 * creates must end when the signal aborts.
 */
export function createSearchClient(
  open: (signal: AbortSignal) => Promise<OpenedTransport>,
  { name: expected, nodes, timeoutMs }: SearchClientSettings,
): SearchClient {
  let opening: Promise<CheckedTransport> | undefined
  let connections = new AbortController()
  let closing: Promise<void> | undefined
  const work = createAbortableWork()

  async function closeOpened(): Promise<void> {
    const opened = await opening?.catch(() => undefined)
    await opened?.close()
  }

  async function openClient(): Promise<CheckedTransport> {
    connections = new AbortController()
    // Removes the limit for listeners, because each socket adds a listener to the signal.
    setMaxListeners(0, connections.signal)
    return { ...(await open(connections.signal)), check: undefined }
  }

  /**
   * Checks the server before the first request. After a failed check, the next request checks again, because another
   * server may be running by then.
   */
  async function check(opened: CheckedTransport, requestTimeout: number, signal: AbortSignal): Promise<void> {
    opened.check ??= checkServer(opened.transport, expected, { requestTimeout, signal })
    try {
      await opened.check
    } catch (error) {
      opened.check = undefined
      throw error
    }
  }

  /**
   * Aborts all connections. If a request ends while its connection is still being opened, the connection does not end
   * by itself, and keeps the process alive.
   */
  function abortConnections(): void {
    connections.abort()
    if (closing === undefined) opening = undefined
  }

  async function request(
    { querystring = {}, ...rest }: SearchRequest,
    options: RequestOptions = {},
  ): Promise<Record<string, unknown>> {
    const { requestTimeout = timeoutMs } = options
    const limit = options.requestTimeout ?? timeoutMs * nodes
    const wanted = { ...rest, querystring }
    try {
      const answer = await work.run(async signal => {
        signal.addEventListener('abort', abortConnections)
        try {
          opening ??= openClient()
          const opened = await opening
          signal.throwIfAborted()
          await check(opened, Math.min(requestTimeout, timeoutMs), signal)
          return await opened.transport.request(wanted, { ...options, requestTimeout, signal })
        } catch (error) {
          // If the driver's time limit has expired, the error reports this limit. The driver needs its own limit,
          // because the client's limit restarts with each piece of an answer.
          throw signal.aborted ? signal.reason : error
        }
      }, limit + LIMIT_MARGIN_MS)
      return readAnswer(answer)
    } catch (error) {
      throw error instanceof OsprofilerError ? error : toSearchFailure(error)
    }
  }

  return {
    nodes,
    async load() {
      opening ??= openClient()
      await opening
    },
    request,
    async find(wanted, options) {
      try {
        return await request(wanted, options)
      } catch (error) {
        if (isMissingIndex(error)) return undefined
        throw error
      }
    },
    abort() {
      work.abort()
      abortConnections()
    },
    close() {
      // Closes only once, because a second `close` of OpenSearch's client never resolves.
      closing ??= closeOpened()
      return closing
    },
  }
}

/**
 * Returns the same client with short time limits. Background work uses this client, so that its requests do not delay
 * the end of a program for long.
 */
export function limitRequests(client: SearchClient): SearchClient {
  const withLimit = (options: RequestOptions = {}) => ({ ...options, requestTimeout: WRITE_MS })
  return {
    ...client,
    request: (request, options) => client.request(request, withLimit(options)),
    find: (request, options) => client.find(request, withLimit(options)),
  }
}

/** Converts a failure to the `ERR_STORE` error that users of the driver get. */
export function toSearchError(product: string, location: string, error: unknown): unknown {
  const cause = toSearchFailure(error)
  return new OsprofilerError('ERR_STORE', `The store "${location}" in ${product} cannot be used: ${cause.message}.`, {
    cause,
  })
}

/** Creates the error for a request that the server refuses because of the records in it. */
export function createWriteRefusedError(product: string, location: string, cause: SearchFailure): OsprofilerError {
  const message = `The store "${location}" in ${product} refuses the records: ${cause.message}.`
  return new OsprofilerError('ERR_WRITE_REFUSED', message, { cause })
}

/**
 * Returns the body of an answer if it is an object. A server always sends an object, but a proxy in front of the server
 * may send anything.
 */
function readAnswer({ statusCode, body }: SearchAnswer): Record<string, unknown> {
  if (statusCode >= 300) throw toRefusal(statusCode, body)
  if (isObject(body)) return body
  throw new SearchFailure(undefined, `another server answers ${statusCode} in its place`)
}
