import type { TraceRecord } from '@osprofiler/core'
import { asNumber, stringifyJson } from '@osprofiler/core/json'
import { Number, Object, Set, String } from '@osprofiler/core/toolkit'
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

/** What went wrong: an exception's type, or the status that by the conventions is an error on its side. */
export function readErrorType({ start, stop }: OtlpPoint): string | undefined {
  const etype = stop?.info.etype
  if (etype !== undefined && etype !== null) return toText(etype)
  const status = readStatus(stop) ?? 0
  if (status < 400) return undefined
  const isClient = isObject(start?.info.requests) || isObject(stop?.info.requests)
  return status >= (isClient ? 400 : 500) ? String(status) : undefined
}

/**
 * Adds what a point did: by OpenTelemetry's semantic conventions for HTTP, databases and messages (1.38), and beside it under
 * the names that Python's OTLP driver gives it.
 */
export function addWork(attributes: OtlpAttributes, point: OtlpPoint): void {
  const { request, requests, db, function: called, amqp } = point.start?.info ?? {}
  if (isObject(request)) addServed(attributes, request)
  if (isObject(requests)) addSent(attributes, requests)
  if (isObject(db)) addQuery(attributes, db)
  if (isObject(called)) addFunction(attributes, called)
  if (isObject(amqp)) addMessage(attributes, amqp)
  set(attributes, 'http.route', readRoute(point))
  addOutcome(attributes, point)
  addTold(attributes, point)
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
  const text = typeof value === 'string' ? value : (stringifyJson(value) ?? '')
  return (text.length > LONGEST ? text.slice(0, LONGEST) : text).toWellFormed()
}

/** The route of a served request. Its stop tells, as a router finds the route; other programs tell at the start. */
export function readRoute({ start, stop }: OtlpPoint): string | undefined {
  const route = memberOf(stop?.info.request, 'route') ?? memberOf(start?.info.request, 'route')
  return typeof route === 'string' && route !== '' ? toText(route) : undefined
}

function addServed(attributes: OtlpAttributes, request: Record<string, unknown>): void {
  const { path, query } = request
  addHttp(attributes, request)
  set(attributes, 'url.path', path)
  set(attributes, 'url.query', query === '' ? undefined : query)
}

function addSent(attributes: OtlpAttributes, request: Record<string, unknown>): void {
  const { scheme, hostname, port, path, query } = request
  addHttp(attributes, request)
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
}

function addHttp(attributes: OtlpAttributes, { method, scheme, path, query }: Record<string, unknown>): void {
  const known = knownMethod(method)
  set(attributes, 'http.request.method', known)
  if (known === '_OTHER') set(attributes, 'http.request.method_original', method)
  set(attributes, 'url.scheme', scheme)
  set(attributes, 'http.path', path)
  set(attributes, 'http.query', query)
  set(attributes, 'http.method', method)
  set(attributes, 'http.scheme', scheme)
}

function addQuery(attributes: OtlpAttributes, { statement, params, system }: Record<string, unknown>): void {
  set(attributes, 'db.system.name', system)
  set(attributes, 'db.query.text', statement)
  set(attributes, 'db.query.summary', summarizeQuery(statement))
  set(attributes, 'db.statement', statement)
  if (params !== undefined) attributes['db.params'] = toText(stringifyJson(params))
}

function addFunction(attributes: OtlpAttributes, { name, args, kwargs }: Record<string, unknown>): void {
  set(attributes, 'code.function.name', name)
  set(attributes, 'name', name)
  set(attributes, 'args', args)
  set(attributes, 'kwargs', kwargs)
}

/** Of a message over AMQP, as our instrument of amqplib tells it. */
function addMessage(attributes: OtlpAttributes, { exchange, queue, routing_key }: Record<string, unknown>): void {
  attributes['messaging.system'] = 'rabbitmq'
  set(attributes, 'messaging.destination.name', exchange || queue)
  set(attributes, 'messaging.rabbitmq.destination.routing_key', routing_key)
}

/** What came of it. */
function addOutcome(attributes: OtlpAttributes, point: OtlpPoint): void {
  const { requests, db, function: called } = point.stop?.info ?? {}
  set(attributes, 'http.response.status_code', readStatus(point.stop))
  set(attributes, 'status_code', memberOf(requests, 'status_code'))
  set(attributes, 'result', memberOf(db, 'result') || memberOf(called, 'result'))
  const error = readErrorType(point)
  if (error === undefined) return
  attributes['error.type'] = error
  attributes.error = true
}

/** What else the program told about the point, at its stop rather than at its start. */
function addTold(attributes: OtlpAttributes, { start, stop }: OtlpPoint): void {
  const info = { ...start?.info, ...stop?.info }
  let told = 0
  for (const name of Object.keys(info)) {
    if (TOLD.has(name)) continue
    if (told++ === MOST_OF_INFO) return
    set(attributes, `osprofiler.info.${toText(name)}`, info[name])
  }
}

/** The status that a request was answered with. */
function readStatus(stop: TraceRecord | undefined): number | undefined {
  const { response, requests } = stop?.info ?? {}
  const status = asNumber(memberOf(response, 'status_code') ?? memberOf(requests, 'status_code'))
  return Number.isInteger(status) ? status : undefined
}

function set(attributes: OtlpAttributes, name: string, value: unknown): void {
  if (value === undefined || value === null) return
  attributes[name] = typeof value === 'boolean' ? value : (readAttributeNumber(value) ?? toText(value))
}

/** Undefined for what is no finite number, and for an `ExactNumber` that a number would change. */
function readAttributeNumber(value: unknown): number | undefined {
  const number = asNumber(value)
  const isExact = typeof value === 'number' || Number.isSafeInteger(number)
  return isExact && Number.isFinite(number) ? number : undefined
}

function memberOf(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined
}
