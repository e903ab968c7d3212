import type { TraceRecord } from '@osprofiler/core'
import { isObject } from '../record-text.js'
import type { OtlpPoint } from './points.js'
import { summarizeQuery } from './query.js'

/** Attributes of a span. */
export type OtlpAttributes = Record<string, string | number | boolean>

/** Text longer than this is cut: collectors refuse a message of a few megabytes whole. */
const LONGEST = 20_000
const MOST_OF_INFO = 64
const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'])
/** Members of `info` that become attributes of their own. */
const TOLD = new Set(['host', 'request', 'requests', 'response', 'db', 'function', 'amqp', 'etype', 'message'])

/** A method by OpenTelemetry's conventions, which know these and no other. */
export function knownMethod(method: unknown): string | undefined {
  if (typeof method !== 'string' || method === '') return undefined
  return METHODS.has(method.toUpperCase()) ? method.toUpperCase() : '_OTHER'
}

/** The status that a request was answered with. */
export function readStatus(stop: TraceRecord | undefined): number | undefined {
  const status = readMember(stop?.info, 'response', 'status_code') ?? readMember(stop?.info, 'requests', 'status_code')
  return Number.isInteger(status) ? (status as number) : undefined
}

/** What went wrong: an exception's type, or the status that by the conventions is an error on its side. */
export function readErrorType({ start, stop }: OtlpPoint): string | undefined {
  const { etype } = stop?.info ?? {}
  if (etype !== undefined && etype !== null) return toText(etype)
  const status = readStatus(stop) ?? 0
  const isClient = isObject(start?.info.requests) || isObject(stop?.info.requests)
  return status >= (isClient ? 400 : 500) ? String(status) : undefined
}

/**
 * What a point did: by OpenTelemetry's semantic conventions for HTTP, databases and messages (1.38), and beside it under
 * the names that Python's OTLP driver gives it.
 */
export function workAttributes(point: OtlpPoint): OtlpAttributes {
  const attributes: OtlpAttributes = {}
  const { start, stop } = point
  const info = start?.info ?? {}
  if (isObject(info.request)) Object.assign(attributes, httpAttributes(info.request), served(info.request))
  if (isObject(info.requests)) Object.assign(attributes, httpAttributes(info.requests), sent(info.requests))
  if (isObject(info.db)) Object.assign(attributes, dbAttributes(info.db))
  if (isObject(info.function)) Object.assign(attributes, functionAttributes(info.function))
  if (isObject(info.amqp)) Object.assign(attributes, amqpAttributes(info.amqp))
  set(attributes, 'http.response.status_code', readStatus(stop))
  set(attributes, 'status_code', readMember(stop?.info, 'requests', 'status_code'))
  set(attributes, 'result', readMember(stop?.info, 'db', 'result') || readMember(stop?.info, 'function', 'result'))
  set(attributes, 'error.type', readErrorType(point))
  if (readErrorType(point) !== undefined) attributes.error = true
  Object.assign(attributes, toldAttributes({ ...info, ...stop?.info }))
  return attributes
}

/** What the exception was, as an event tells it. */
export function exceptionAttributes({ stop }: OtlpPoint): OtlpAttributes | undefined {
  const { etype, message } = stop?.info ?? {}
  if (etype === undefined || etype === null) return undefined
  const attributes: OtlpAttributes = { 'exception.type': toText(etype) }
  set(attributes, 'exception.message', message)
  return attributes
}

/** A text that OTLP can carry: no halves of surrogate pairs, and not too long. */
export function toText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.slice(0, LONGEST).toWellFormed()
}

function httpAttributes(request: Record<string, unknown>): OtlpAttributes {
  const attributes: OtlpAttributes = {}
  const method = knownMethod(request.method)
  set(attributes, 'http.request.method', method)
  if (method === '_OTHER') set(attributes, 'http.request.method_original', request.method)
  set(attributes, 'url.scheme', request.scheme)
  for (const name of ['path', 'query', 'method', 'scheme']) set(attributes, `http.${name}`, request[name])
  return attributes
}

function served({ path, query, route }: Record<string, unknown>): OtlpAttributes {
  const attributes: OtlpAttributes = {}
  set(attributes, 'url.path', path)
  set(attributes, 'url.query', query === '' ? undefined : query)
  set(attributes, 'http.route', route)
  return attributes
}

function sent({ scheme, hostname, port, path, query }: Record<string, unknown>): OtlpAttributes {
  const attributes: OtlpAttributes = {}
  set(attributes, 'server.address', hostname)
  set(attributes, 'server.port', port)
  set(attributes, 'http.hostname', hostname)
  set(attributes, 'http.port', port)
  if (typeof hostname === 'string' && typeof scheme === 'string') {
    const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname
    const search = typeof query === 'string' && query !== '' ? `?${query}` : ''
    const shownPort = port === undefined || port === null || port === '' ? '' : `:${toText(port)}`
    set(attributes, 'url.full', `${scheme}://${host}${shownPort}${toText(path ?? '')}${search}`)
  }
  return attributes
}

function dbAttributes({ statement, params, system }: Record<string, unknown>): OtlpAttributes {
  const attributes: OtlpAttributes = {}
  set(attributes, 'db.system.name', system)
  set(attributes, 'db.query.text', statement)
  set(attributes, 'db.query.summary', summarizeQuery(statement))
  set(attributes, 'db.statement', statement)
  if (params !== undefined) attributes['db.params'] = toText(JSON.stringify(params))
  return attributes
}

function functionAttributes({ name, args, kwargs }: Record<string, unknown>): OtlpAttributes {
  const attributes: OtlpAttributes = {}
  set(attributes, 'code.function.name', name)
  for (const [key, value] of Object.entries({ name, args, kwargs })) set(attributes, key, value)
  return attributes
}

/** Of a message over AMQP, as our instrument of amqplib tells it. */
function amqpAttributes({ exchange, queue, routing_key }: Record<string, unknown>): OtlpAttributes {
  const attributes: OtlpAttributes = { 'messaging.system': 'rabbitmq' }
  set(attributes, 'messaging.destination.name', exchange || queue)
  set(attributes, 'messaging.rabbitmq.destination.routing_key', routing_key)
  return attributes
}

/** What else the program told about the point. */
function toldAttributes(info: Readonly<Record<string, unknown>>): OtlpAttributes {
  const attributes: OtlpAttributes = {}
  const names = Object.keys(info).filter(name => !TOLD.has(name))
  for (const name of names.slice(0, MOST_OF_INFO)) set(attributes, `osprofiler.info.${toText(name)}`, info[name])
  return attributes
}

function set(attributes: OtlpAttributes, name: string, value: unknown): void {
  if (value === undefined || value === null) return
  attributes[name] = typeof value === 'boolean' || Number.isFinite(value) ? (value as number | boolean) : toText(value)
}

function readMember(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => (isObject(found) ? found[name] : undefined), value)
}
