import { setMaxListeners } from 'node:events'
import { OsprofilerError } from '@osprofiler/core'
import { AbortController, Math } from '@osprofiler/core/toolkit'
import { createAbortableWork } from '../lifetime/abortable-work.js'
import { isObject } from '../records/record-text.js'
import { isMissingIndex, SearchFailure, toRefusal, toSearchFailure } from './failure.js'
import { checkServer, type SearchServerName } from './server-check.js'
import type { RequestOptions, SearchAnswer, SearchRequest, SearchTransport } from './transport.js'

/**
 * How long a request of a write may take, in milliseconds: the client's connections keep a program alive that has ended
 * its work. What the server was sent is written all the same, and found there when the batch is tried again.
 */
export const WRITE_MS = 4_000

/** A client that is loaded and made when it is first used. */
export interface SearchClient {
  /** How many hosts it may ask. */
  readonly nodes: number
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

interface CheckedTransport extends OpenedTransport {
  /** Whether the server is the one that is expected; undefined before that was asked. */
  check: Promise<void> | undefined
}

/** Where requests go. */
export interface SearchPlace {
  readonly name: SearchServerName
  /** How many hosts there are. */
  readonly nodes: number
  /** How long a host may take for an answer, in milliseconds. */
  readonly timeout: number
}

/** The client's own limit comes first, in milliseconds. */
const MARGIN_MS = 1_000

/**
 * @param open loads the client, whose connections end with the signal; called again after that, or after it has failed
 */
export function createSearchClient(
  open: (end: AbortSignal) => Promise<OpenedTransport>,
  { name: expected, nodes, timeout }: SearchPlace,
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
    // Each socket listens to it.
    setMaxListeners(0, connections.signal)
    return { ...(await open(connections.signal)), check: undefined }
  }

  /** Asks again where no answer came, or another one than was expected: a server may be replaced. */
  async function check(opened: CheckedTransport, requestTimeout: number, signal: AbortSignal): Promise<void> {
    opened.check ??= checkServer(opened.transport, expected, { requestTimeout, signal })
    try {
      await opened.check
    } catch (error) {
      opened.check = undefined
      throw error
    }
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
    const { requestTimeout = timeout } = options
    const limit = options.requestTimeout ?? timeout * nodes
    const wanted = { ...rest, querystring }
    try {
      const answer = await work.run(async signal => {
        signal.addEventListener('abort', cutConnections)
        try {
          opening ??= openClient()
          const opened = await opening
          signal.throwIfAborted()
          await check(opened, Math.min(requestTimeout, timeout), signal)
          return await opened.transport.request(wanted, { ...options, requestTimeout, signal })
        } catch (error) {
          // The client's own limit begins anew with each piece of an answer.
          throw signal.aborted ? signal.reason : error
        }
      }, limit + MARGIN_MS)
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
  const hurried = (options: RequestOptions = {}) => ({ ...options, requestTimeout: WRITE_MS })
  return {
    ...client,
    request: (request, options) => client.request(request, hurried(options)),
    find: (request, options) => client.find(request, hurried(options)),
  }
}

/** An error for those who use the driver. */
export function toSearchError(product: string, location: string, error: unknown): unknown {
  const cause = toSearchFailure(error)
  return new OsprofilerError('ERR_STORE', `The store "${location}" in ${product} cannot be used: ${cause.message}.`, {
    cause,
  })
}

/** An error for a batch of which the store takes no request. */
export function writeRefused(product: string, location: string, cause: SearchFailure): OsprofilerError {
  const message = `The store "${location}" in ${product} takes no such records: ${cause.message}.`
  return new OsprofilerError('ERR_WRITE_REFUSED', message, { cause })
}

/** What a server answers is an object; what stands before the server may answer anything. */
function readAnswer({ statusCode, body }: SearchAnswer): Record<string, unknown> {
  if (statusCode >= 300) throw toRefusal(statusCode, body)
  if (isObject(body)) return body
  throw new SearchFailure(undefined, `something else answers ${statusCode} in its place`)
}
