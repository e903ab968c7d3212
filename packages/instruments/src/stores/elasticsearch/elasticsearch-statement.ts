import { STATUS_CODES } from 'node:http'
import type { PointInfo } from '@osprofiler/core'
import { Array, isError, Object, String } from '@osprofiler/core/toolkit'
import { recordWithMessage } from '../../errors/recorded-error.js'
import { showMembers } from '../show-members.js'
import { hideIds } from './elasticsearch-path.js'

/** What the clients of Elasticsearch and OpenSearch are asked for. */
export interface SearchRequest {
  readonly method?: unknown
  readonly path?: unknown
  readonly body?: unknown
  readonly bulkBody?: unknown
}

const MAX_DEPTH = 6
const NAME = /^[\w.*@-]{1,64}$/
const TYPE = /^[a-z_]{1,80}$/

// Their bodies are queries: names of fields and of kinds of queries, and values.
const QUERIES = /\/_(?:search|async_search|count|delete_by_query|update_by_query|explain|validate\/query)$/
// Of other requests bodies are never shown: passwords, keys and programs are among them.
const DOCUMENTS =
  /^(?:\/[^_/][^/]*)?\/_(?:search|async_search|count|delete_by_query|explain|doc|create|bulk|mget|msearch)(?:\/[^/]*)?$/

/**
 * What a point says of a request: its method, its path without the ids of documents, and the fields of its query with
 * `?` for each value: `POST /orders/_search {query: {term: {status: ?}}}`. The values stand in `params` where `values`
 * asks for them, of requests that are about documents.
 */
export function searchInfo(request: SearchRequest, system: string, values: boolean): PointInfo {
  try {
    return { db: { system, ...describeRequest(request, values) } }
  } catch {
    // A getter of the program's, which is the client's to run.
    return { db: { system, statement: '?' } }
  }
}

function describeRequest({ method, path, body, bulkBody }: SearchRequest, values: boolean): PointInfo {
  const asked = typeof path === 'string' ? path : ''
  const shape = QUERIES.test(asked) && isObject(body) ? ` ${describe(body, 0)}` : ''
  const statement = `${String(method)} ${hideIds(asked)}${shape}`
  if (!values || !DOCUMENTS.test(asked)) return { statement }
  return { statement, params: { path: asked, body: isObject(body ?? bulkBody) ? (body ?? bulkBody) : undefined } }
}

/**
 * An error as a point shows it. Servers repeat the values that they refuse, so the message stays only where the values
 * are recorded anyhow.
 */
export function searchFailure(error: unknown, request: SearchRequest, values: boolean): unknown {
  if (!isError(error)) return error
  // Of an answer that names no error, such as a document that is not there, the client's message is its JSON.
  const isPlain = error.name === 'ResponseError' && errorType(error) === undefined
  if (values && concernsDocuments(request) && !isPlain) return error
  if (error.name === 'DeserializationError') return recordWithMessage(error, 'the answer is not JSON')
  return error.name === 'ResponseError' ? recordWithMessage(error, describeAnswer(error)) : error
}

function concernsDocuments(request: SearchRequest): boolean {
  try {
    const { path } = request
    return typeof path === 'string' && DOCUMENTS.test(path)
  } catch {
    return false
  }
}

/** The server's name for what is wrong, or else the status, as of a document that is not there. */
function describeAnswer(error: Error & { readonly meta?: unknown }): string {
  const type = errorType(error)
  if (type !== undefined && TYPE.test(type)) return type
  const { statusCode } = (error.meta ?? {}) as { readonly statusCode?: unknown }
  return typeof statusCode === 'number' ? `${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd() : 'refused'
}

function errorType({ meta }: Error & { readonly meta?: unknown }): string | undefined {
  const { body } = (meta ?? {}) as { readonly body?: unknown }
  const { type } = isObject(body) && isObject(body.error) ? body.error : {}
  return typeof type === 'string' ? type : undefined
}

function describe(value: unknown, depth: number): string {
  if (depth >= MAX_DEPTH) return '?'
  if (Array.isArray(value)) {
    if (!value.some(isObject)) return '?'
    return `[${showMembers(value, each => describe(each, depth + 1))}]`
  }
  if (!isObject(value)) return '?'
  const shown = showMembers(Object.entries(value), ([name, inner]) => {
    // What a program is given is named as its author likes.
    const hidden = name === 'script' || name === 'params'
    return `${NAME.test(name) ? name : '?'}: ${hidden ? '?' : describe(inner, depth + 1)}`
  })
  return `{${shown}}`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}
