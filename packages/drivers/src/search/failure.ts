import { Array, Error, Number, String } from '@osprofiler/core/toolkit'
import { isObject } from '../records/record-text.js'

/** A failed request. The message contains no data of the request. */
export class SearchFailure extends Error {
  /** The status of the answer, or undefined if there was no answer. */
  readonly status: number | undefined
  /** The server's name for the error, such as `index_not_found_exception`. */
  readonly type: string
  /** Whether the request was never sent, because no server was reached. */
  readonly isUnsent: boolean

  constructor(status: number | undefined, type: string, isUnsent = false) {
    super(status === undefined ? type : `it answers ${status}${type === '' ? '' : ` ${type}`}${advise(status, type)}`)
    this.name = 'SearchFailure'
    this.status = status
    this.type = type
    this.isUnsent = isUnsent
  }
}

const MISSING_SHARD = 'a part of its data is unavailable: a shard is missing; see GET /_cluster/health'

/** Matches errors of connections that were not established. */
const CONNECT_FAILURE = /^connect |ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|connect timeout/i

/** Matches errors of the client that occur if only one side uses TLS. */
const CONNECTION_CUT = /socket hang up|other side closed|ECONNRESET/
const TLS_MISMATCH = /wrong version number|packet length too long|EPROTO/

/**
 * Returns whether the error means that an index does not exist. For a path that the server does not know, returns
 * false.
 */
export function isMissingIndex(error: unknown): boolean {
  return error instanceof SearchFailure && error.type === 'index_not_found_exception'
}

/** Returns whether the server refused the records of a request and will probably never accept them. */
export function mayRefuseRecords(error: unknown): boolean {
  if (!(error instanceof SearchFailure)) return false
  return error.status === 413 || (error.status === 400 && advise(400, error.type) === '')
}

/** Converts a client's error to a `SearchFailure`. Omits the strings of the request that the error quotes. */
export function toSearchFailure(error: unknown): SearchFailure {
  if (error instanceof SearchFailure) return error
  const { name, message, meta } = isObject(error) ? error : { name: '', message: '', meta: undefined }
  const status = isObject(meta) && typeof meta.statusCode === 'number' ? meta.statusCode : 0
  if (name === 'ResponseError' && isObject(meta) && status > 0) return toRefusal(status, meta.body)
  if (name === 'ConnectionError' || name === 'NoLivingConnectionsError') {
    const [reason = ''] = String(message).split('\n', 1)
    // The message of a TLS mismatch comes from OpenSSL, and is replaced by a message for users.
    if (TLS_MISMATCH.test(reason)) return new SearchFailure(undefined, SPEAKS_PLAIN, CONNECT_FAILURE.test(reason))
    return new SearchFailure(undefined, `${reason}${adviseOnTls(reason)}`, CONNECT_FAILURE.test(reason))
  }
  if (name === 'TimeoutError') {
    const reason = String(message)
    return new SearchFailure(undefined, 'it gave no answer in time; see timeout', CONNECT_FAILURE.test(reason))
  }
  if (name === 'NoAnswer') return new SearchFailure(undefined, String(message))
  if (name === 'RequestAbortedError') return new SearchFailure(undefined, 'the attempt was canceled')
  if (name === 'ProductNotSupportedError') {
    if (isOpenSearch(meta)) return new SearchFailure(undefined, 'it is an OpenSearch; write opensearch://')
    return new SearchFailure(
      undefined,
      "Elastic's client does not accept the server as Elasticsearch 7.14 or later; for OpenSearch, write opensearch://",
    )
  }
  // This failure covers all other errors. For example, another HTTP server gave a successful answer, or the answer
  // cannot be parsed. The client's message is not shown, because it may quote the answer.
  return new SearchFailure(undefined, `its client reports ${String(name) || 'no reason'}`)
}

/** Converts an answer with a status of 300 or higher. */
export function toRefusal(status: number, body: unknown): SearchFailure {
  const { error } = isObject(body) ? body : { error: undefined }
  const type = isObject(error) ? error.type : undefined
  if (typeof type === 'string' && /^\w{1,80}$/.test(type)) {
    const isPartial = type === 'search_phase_execution_exception' && status === 503
    return isPartial ? new SearchFailure(undefined, MISSING_SHARD) : new SearchFailure(status, type)
  }
  if (typeof error === 'string' && error.startsWith('no handler found')) return new SearchFailure(status, NO_HANDLER)
  if (typeof body === 'string' && body.includes('HTTPS port')) return new SearchFailure(status, EXPECTS_TLS)
  return new SearchFailure(status, '')
}

/** Throws if the answer to a search does not cover all documents. */
export function checkWhole(answer: Record<string, unknown>): void {
  const { _shards: shards, timed_out: timedOut, failures } = answer
  if (isObject(shards) && (Number(shards.failed) > 0 || Number(shards.successful) < Number(shards.total))) {
    throw new SearchFailure(undefined, MISSING_SHARD)
  }
  if (timedOut === true) throw new SearchFailure(undefined, 'it stopped a search before the search was complete')
  if (Array.isArray(failures) && failures.length > 0) {
    throw new SearchFailure(undefined, 'it could not remove all of the records')
  }
}

/**
 * Returns whether the server is OpenSearch. If Elastic's client rejects an answer, `body.version` of the answer shows
 * the name of the server.
 */
function isOpenSearch(meta: unknown): boolean {
  const body = isObject(meta) ? meta.body : undefined
  const version = isObject(body) ? body.version : undefined
  return isObject(version) && version.distribution === 'opensearch'
}

const SPEAKS_PLAIN = 'it speaks plain HTTP; leave out +https'
const NO_HANDLER = 'no handler found'
const EXPECTS_TLS = 'plain HTTP at a TLS port'

/**
 * Returns advice if an answer shows that the request itself is wrong, and not the records in it. Returns `''` for all
 * other answers.
 */
function advise(status: number, type: string): string {
  if (type === EXPECTS_TLS) return ': add +https to the scheme'
  if (type === NO_HANDLER) return ': check the path in the connection string'
  if (type === 'media_type_header_exception') return ': a proxy may change the media type of requests'
  if (type === 'cluster_block_exception') return ': the index is blocked, often because a disk is full'
  if (status === 401) return ': check the user and the password, or the API key'
  if (status === 403) return ': the user lacks a privilege'
  if (status >= 300 && status < 400) return ': write the address that it redirects to into the connection string'
  if (status === 404 && type !== 'index_not_found_exception') return ': check the host and the path'
  if (status === 405 || status === 406 || status === 415)
    return ': check whether there is a proxy in front of the server'
  return ''
}

function adviseOnTls(reason: string): string {
  return CONNECTION_CUT.test(reason) ? '; if it expects TLS, add +https to the scheme' : ''
}
