import { STATUS_CODES } from 'node:http'
import type { PointInfo } from '@osprofiler/core'
import { Array, isError, Object, String } from '@osprofiler/core/toolkit'
import { recordWithMessage } from '../../errors/recorded-error.js'
import { showMembers } from '../show-members.js'
import { hideIds } from './elasticsearch-path.js'

/** A request that an Elasticsearch or OpenSearch client is about to send. */
export interface SearchRequest {
  readonly method?: unknown
  readonly path?: unknown
  readonly body?: unknown
  readonly bulkBody?: unknown
}

const MAX_DEPTH = 6
const FIELD_NAME = /^[\w.*@-]{1,64}$/
const ERROR_TYPE = /^[a-z_]{1,80}$/

// The paths of requests whose body is a query. A query consists of fields, query types and values.
const QUERY_PATH = /\/_(?:search|async_search|count|delete_by_query|update_by_query|explain|validate\/query)$/
// The paths of requests whose body may be shown. The bodies of all other requests may contain passwords, keys or
// scripts.
const DOCUMENT_PATH =
  /^(?:\/[^_/][^/]*)?\/_(?:search|async_search|count|delete_by_query|explain|doc|create|bulk|mget|msearch)(?:\/[^/]*)?$/

/**
 * Describes a request by its method, its path without ids, and the fields of its query with `?` for each value:
 * `POST /orders/_search {query: {term: {status: ?}}}`. With `showsValues`, adds the values of requests about documents.
 */
export function describeSearchRequest(request: SearchRequest, system: string, showsValues: boolean): PointInfo {
  try {
    return { db: { system, ...describeRequest(request, showsValues) } }
  } catch {
    // A getter of the program's request threw. The client will call the getter too, and may report the error.
    return { db: { system, statement: '?' } }
  }
}

function describeRequest({ method, path, body, bulkBody }: SearchRequest, showsValues: boolean): PointInfo {
  const pathText = typeof path === 'string' ? path : ''
  const shape = QUERY_PATH.test(pathText) && isObject(body) ? ` ${describeQuery(body, 0)}` : ''
  const statement = `${String(method)} ${hideIds(pathText)}${shape}`
  if (!showsValues || !DOCUMENT_PATH.test(pathText)) return { statement }
  return { statement, params: { path: pathText, body: isObject(body ?? bulkBody) ? (body ?? bulkBody) : undefined } }
}

/**
 * Returns the error that a point shows. The error keeps its message only with `showsValues`, because servers repeat
 * rejected values in messages.
 */
export function redactSearchError(error: unknown, request: SearchRequest, showsValues: boolean): unknown {
  if (!isError(error)) return error
  // If the response contains no error type, as for a missing document, the client's message is the whole response as
  // JSON.
  const isPlain = error.name === 'ResponseError' && readErrorType(error) === undefined
  if (showsValues && concernsDocuments(request) && !isPlain) return error
  if (error.name === 'DeserializationError') return recordWithMessage(error, 'the response is not JSON')
  return error.name === 'ResponseError' ? recordWithMessage(error, describeResponseError(error)) : error
}

function concernsDocuments(request: SearchRequest): boolean {
  try {
    const { path } = request
    return typeof path === 'string' && DOCUMENT_PATH.test(path)
  } catch {
    return false
  }
}

/**
 * Returns the server's name for the error, or the status if the response contains no such name, as for a missing
 * document.
 */
function describeResponseError(error: Error & { readonly meta?: unknown }): string {
  const type = readErrorType(error)
  if (type !== undefined && ERROR_TYPE.test(type)) return type
  const { statusCode } = (error.meta ?? {}) as { readonly statusCode?: unknown }
  return typeof statusCode === 'number' ? `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd() : 'refused'
}

function readErrorType({ meta }: Error & { readonly meta?: unknown }): string | undefined {
  const { body } = (meta ?? {}) as { readonly body?: unknown }
  const { type } = isObject(body) && isObject(body.error) ? body.error : {}
  return typeof type === 'string' ? type : undefined
}

function describeQuery(value: unknown, depth: number): string {
  if (depth >= MAX_DEPTH) return '?'
  if (Array.isArray(value)) {
    if (!value.some(isObject)) return '?'
    return `[${showMembers(value, each => describeQuery(each, depth + 1))}]`
  }
  if (!isObject(value)) return '?'
  const shown = showMembers(Object.entries(value), ([name, inner]) => {
    // The author of a script chooses the parameter names, so they may contain data.
    const isHidden = name === 'script' || name === 'params'
    return `${FIELD_NAME.test(name) ? name : '?'}: ${isHidden ? '?' : describeQuery(inner, depth + 1)}`
  })
  return `{${shown}}`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}
