import { isSafeInteger, Object, Set } from '../json/language.js'
import { attributeText, isObject, memberOf } from './attribute-value.js'
import { readCallSite } from './call-site.js'
import { knownMethod } from './http-method.js'
import { readMessageStep } from './message-step.js'
import { summarizeQuery } from './query-summary.js'
import type { AttributeList } from './span-attributes.js'
import { readErrorType, readRoute, readStatusValue } from './span-outcome.js'
import type { SpanSource } from './span-source.js'

const MAX_OTHER_ATTRIBUTES = 64
/** Members of `info` that become dedicated attributes. */
const MAPPED_MEMBERS = new Set([
  ...['host', 'request', 'requests', 'response', 'db', 'function', 'amqp', 'messaging', 'etype', 'message'],
])

/** Adds attributes that follow OpenTelemetry's conventions 1.38 (HTTP, databases, messages) or Python's OTLP driver. */
export function addWorkAttributes(list: AttributeList, source: SpanSource): void {
  const { startInfo } = source
  const [request, requests] = [memberOf(startInfo, 'request'), memberOf(startInfo, 'requests')]
  const [db, functionInfo] = [memberOf(startInfo, 'db'), memberOf(startInfo, 'function')]
  if (isObject(request)) addServedRequest(list, request)
  if (isObject(requests)) addSentRequest(list, requests)
  if (isObject(db)) addQuery(list, db)
  if (isObject(functionInfo)) addFunction(list, functionInfo)
  addCode(list, startInfo)
  addMessage(list, source)
  list.set('http.route', readRoute(source))
  addOutcome(list, source)
  addOtherInfo(list, source)
}

function addServedRequest(list: AttributeList, request: Record<string, unknown>): void {
  const { path, query } = request
  addHttp(list, request)
  list.set('url.path', path)
  list.set('url.query', query === '' ? undefined : query)
}

function addSentRequest(list: AttributeList, request: Record<string, unknown>): void {
  const { scheme, hostname, port, path, query } = request
  addHttp(list, request)
  list.set('server.address', hostname)
  list.set('server.port', port)
  list.set('http.hostname', hostname)
  list.set('http.port', port)
  if (typeof hostname === 'string' && typeof scheme === 'string') {
    const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname
    const search = typeof query === 'string' && query !== '' ? `?${query}` : ''
    const shownPort = port === undefined || port === null || port === '' ? '' : `:${attributeText(port)}`
    list.set('url.full', `${scheme}://${host}${shownPort}${attributeText(path ?? '')}${search}`)
  }
}

function addHttp(list: AttributeList, { method, scheme, path, query }: Record<string, unknown>): void {
  const known = knownMethod(method)
  list.set('http.request.method', known)
  if (known === '_OTHER') list.set('http.request.method_original', method)
  list.set('url.scheme', scheme)
  list.set('http.path', path)
  list.set('http.query', query)
  list.set('http.method', method)
  list.set('http.scheme', scheme)
}

function addQuery(list: AttributeList, { statement, params, system }: Record<string, unknown>): void {
  list.set('db.system.name', system)
  list.set('db.query.text', statement)
  list.set('db.query.summary', summarizeQuery(statement))
  list.set('db.statement', statement)
  if (params !== undefined) list.set('db.params', attributeText(params))
}

function addFunction(list: AttributeList, { name, args, kwargs }: Record<string, unknown>): void {
  list.set('name', name)
  list.set('args', args)
  list.set('kwargs', kwargs)
}

/**
 * Adds the attributes `code.*`, which describe the call site. Without a call site, only the traced function is named.
 */
function addCode(list: AttributeList, startInfo: unknown): void {
  const site = readCallSite(startInfo)
  list.set('code.file.path', site?.file)
  list.set('code.line.number', site?.line)
  list.set('code.column.number', site?.column)
  const functionName = memberOf(memberOf(startInfo, 'function'), 'name')
  list.set('code.function.name', site === undefined ? functionName : site.function)
}

function addMessage(list: AttributeList, source: SpanSource): void {
  const step = readMessageStep(source)
  if (step === undefined) return
  const { operation, type, destination, system } = step
  list.set('messaging.system', system)
  list.set('messaging.destination.name', destination || undefined)
  if (type !== undefined) list.set('messaging.operation.name', operation)
  list.set('messaging.operation.type', type)
  list.set('messaging.rabbitmq.destination.routing_key', memberOf(memberOf(source.startInfo, 'amqp'), 'routing_key'))
}

function addOutcome(list: AttributeList, source: SpanSource): void {
  const { stopInfo } = source
  const [requests, db, functionInfo] = ['requests', 'db', 'function'].map(name => memberOf(stopInfo, name))
  list.set('http.response.status_code', readStatusValue(source))
  list.set('status_code', memberOf(requests, 'status_code'))
  list.set('db.response.returned_rows', toCount(memberOf(db, 'rows')))
  list.set('result', memberOf(db, 'result') || memberOf(functionInfo, 'result'))
  const error = readErrorType(source)
  if (error === undefined) return
  list.set('error.type', error)
  list.set('error', true)
}

function toCount(value: unknown): number | undefined {
  return typeof value === 'number' && isSafeInteger(value) && value >= 0 ? value : undefined
}

/** Adds all other members of the info. Members of the stop record's info override those of the start record's info. */
function addOtherInfo(list: AttributeList, { startInfo, stopInfo }: SpanSource): void {
  const stopMembers = isObject(stopInfo) ? stopInfo : {}
  const startMembers = isObject(startInfo) ? startInfo : {}
  const isMapped = (name: string): boolean =>
    MAPPED_MEMBERS.has(name) || (name === 'code' && readCallSite(startInfo) !== undefined)
  const names = new Set([...Object.keys(startMembers), ...Object.keys(stopMembers)].filter(name => !isMapped(name)))
  let added = 0
  for (const name of names) {
    if (added++ === MAX_OTHER_ATTRIBUTES) return list.drop(names.size - MAX_OTHER_ATTRIBUTES)
    list.set(`osprofiler.info.${name}`, (Object.hasOwn(stopMembers, name) ? stopMembers : startMembers)[name])
  }
}
