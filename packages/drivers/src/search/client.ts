import { setMaxListeners } from 'node:events'
import { OsprofilerError } from '@osprofiler/core'
import { AbortController, Math } from '@osprofiler/core/toolkit'
import { createAbortableWork } from '../lifetime/abortable-work.js'
import { isObject } from '../records/record-text.js'
import { isMissingIndex, SearchFailure, toRefusal, toSearchFailure } from './failure.js'
import { checkServer, type SearchServerName } from './server-check.js'
import type { RequestOptions, SearchAnswer, SearchRequest, SearchTransport } from './transport.js'

/** The limit is short, because connections keep an ended program alive. The server still writes what it received. */
export const WRITE_MS = 4_000

/** A client that is loaded and created on first use. */
export interface SearchClient {
  /** Number of hosts that the client may ask. */
  readonly nodes: number
  /** Loads the client, which takes time on a busy machine. */
  load(): Promise<unknown>
  /** Resolves to the server's answer. Rejects with a `SearchFailure`. */
  request(request: SearchRequest, options?: RequestOptions): Promise<Record<string, unknown>>
  /** Like `request`, but resolves to undefined if the index does not exist. */
  find(request: SearchRequest, options?: RequestOptions): Promise<Record<string, unknown> | undefined>
  abort(): void
  close(): Promise<void>
}

/** The transport of a client package, and the function that closes its client. */
export interface OpenedTransport {
  readonly transport: SearchTransport
  close(): Promise<void> | void
}

interface CheckedTransport extends OpenedTransport {
  /** Resolves if the server is the expected one. Undefined before the first check. */
  check: Promise<void> | undefined
}

/** Facts about a store that its client needs: the expected server, the number of hosts, and the time limit. */
export interface SearchClientSettings {
  readonly name: SearchServerName
  readonly nodes: number
  /** Limit for the answer of a host, in milliseconds. */
  readonly timeoutMs: number
}

/** Lets the client's own limit expire first. */
const LIMIT_MARGIN_MS = 1_000

/** Creates a client. `open` is called again after a failure or an abort. Its connections must end with the signal. */
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
    // Each socket adds a listener.
    setMaxListeners(0, connections.signal)
    return { ...(await open(connections.signal)), check: undefined }
  }

  /** Checks again after a missing or unexpected answer, because a server may be replaced. */
  async function check(opened: CheckedTransport, requestTimeout: number, signal: AbortSignal): Promise<void> {
    opened.check ??= checkServer(opened.transport, expected, { requestTimeout, signal })
    try {
      await opened.check
    } catch (error) {
      opened.check = undefined
      throw error
    }
  }

  /** The end of a request does not end a connection that is still opening, which would keep the process alive. */
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
          // Our limit decides. The client's own limit restarts with each piece of an answer.
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
      // Closes only once: a second `close` of OpenSearch's client never resolves.
      closing ??= closeOpened()
      return closing
    },
  }
}

/** Returns the client with short limits for background work, so that no request long delays the end of a program. */
export function limitRequests(client: SearchClient): SearchClient {
  const withLimit = (options: RequestOptions = {}) => ({ ...options, requestTimeout: WRITE_MS })
  return {
    ...client,
    request: (request, options) => client.request(request, withLimit(options)),
    find: (request, options) => client.find(request, withLimit(options)),
  }
}

/** Converts any failure to the `ERR_STORE` that users of the driver get. */
export function toSearchError(product: string, location: string, error: unknown): unknown {
  const cause = toSearchFailure(error)
  return new OsprofilerError('ERR_STORE', `The store "${location}" in ${product} cannot be used: ${cause.message}.`, {
    cause,
  })
}

/** Returns the error for a request that the store refuses because of its records. */
export function createWriteRefusedError(product: string, location: string, cause: SearchFailure): OsprofilerError {
  const message = `The store "${location}" in ${product} refuses the records: ${cause.message}.`
  return new OsprofilerError('ERR_WRITE_REFUSED', message, { cause })
}

/** A server answers with an object. A proxy before the server may answer with anything. */
function readAnswer({ statusCode, body }: SearchAnswer): Record<string, unknown> {
  if (statusCode >= 300) throw toRefusal(statusCode, body)
  if (isObject(body)) return body
  throw new SearchFailure(undefined, `another server answers ${statusCode} in its place`)
}
