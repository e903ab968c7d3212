import type { PointInfo } from '@osprofiler/core'
import { Array, Error, isError, Object, Reflect, Set, String, types } from '@osprofiler/core/toolkit'
import { recordWithMessage } from '../../errors/recorded-error.js'
import { showMembers } from '../show-members.js'

type Document = Readonly<Record<string, unknown>>

const MAX_ITEMS = 100
const MAX_SHAPE_DEPTH = 4
/**
 * Values below this depth are omitted. A record omits values at the same depth, but its limit also counts the three
 * levels above the values: the info itself, `db` and `params`.
 */
const MAX_VALUE_DEPTH = 10
const PLAIN_NAME = /^[$\w.-]{1,64}$/

/** The members that describe each command. For a command that is not listed, only the name is shown. */
const MEMBERS_BY_COMMAND: Readonly<Record<string, readonly string[]>> = {
  aggregate: ['pipeline'],
  collMod: [],
  count: ['query'],
  create: [],
  createIndexes: [],
  delete: ['deletes'],
  distinct: ['key', 'query'],
  drop: [],
  dropIndexes: [],
  find: ['filter', 'sort'],
  findAndModify: ['query', 'update'],
  getMore: [],
  insert: ['documents'],
  listIndexes: [],
  update: ['updates'],
}
/**
 * BSON types that are shown as strings, because the string contains the whole value. They include numeric types that
 * JavaScript lacks.
 */
const SHOWN_BSON_TYPES = new Set<unknown>(['Decimal128', 'Double', 'Int32', 'Long', 'ObjectId'])
const EXTRA_PARAM_NAMES = ['sort', 'projection', 'skip', 'limit', 'hint', 'collation', 'arrayFilters']

/**
 * Describes a command by its name, its collection, and its fields and operators. Each value is shown as `?`: `find
 * orders {status: ?}`. With `showsValues`, adds values, but only for commands about documents, because other commands
 * may contain passwords.
 */
export function describeMongodbCommand(command: unknown, showsValues: boolean): PointInfo {
  const system = 'mongodb'
  try {
    return { db: { system, ...describeCommand(command, showsValues) } }
  } catch {
    // A getter of the program's command threw. mongodb will call the getter too, and may report the error.
    return { db: { system, statement: '?' } }
  }
}

function describeCommand(command: unknown, showsValues: boolean): PointInfo {
  const document = isDocument(command) ? command : {}
  const [name = ''] = Object.keys(document)
  const members = Object.hasOwn(MEMBERS_BY_COMMAND, name) ? MEMBERS_BY_COMMAND[name] : undefined
  if (members === undefined) return { statement: PLAIN_NAME.test(name) ? name : '?' }
  const collection = name === 'getMore' ? document.collection : document[name]
  const shapes = members
    .filter(member => document[member] !== undefined)
    .map(member => describeMember(document, member))
  const statement = [name, String(collection), ...shapes].join(' ')
  if (!showsValues || members.length === 0) return { statement }
  const shown = new Set([...members, ...EXTRA_PARAM_NAMES])
  const params = Object.fromEntries(Object.entries(document).filter(([member]) => shown.has(member)))
  return { statement, params: toPlainValue(params, MAX_VALUE_DEPTH) }
}

/**
 * Returns the error that a point shows. Its message hides values, because servers repeat the values that they reject.
 */
export function redactMongodbError(error: unknown, showsValues: boolean): unknown {
  if (showsValues || !isError(error)) return error
  return recordWithMessage(error, hideQuotations(hideBraces(error.message)))
}

/**
 * Hides everything from the first brace to the last. A regular expression would be slower, because it would search from
 * each brace to the end.
 */
function hideBraces(message: string): string {
  const open = message.indexOf('{')
  const close = message.lastIndexOf('}')
  return open === -1 || close < open ? message : `${message.slice(0, open)}{?}${message.slice(close + 1)}`
}

function hideQuotations(message: string): string {
  return message.replace(/(["'`]).*\1/gs, '$1?$1')
}

/** Returns the error about documents that were not written, from the response to a command that otherwise succeeded. */
export function findWriteError(response: unknown): Error | undefined {
  const { get, toObject } = (response ?? {}) as Partial<RawResponse>
  // To save time, an unparsed response is parsed only if it contains an error.
  if (typeof get === 'function' && Reflect.apply(get, response, ['writeErrors', BSON_ARRAY_TYPE]) == null)
    return undefined
  const document = typeof toObject === 'function' ? Reflect.apply(toObject, response, []) : response
  const [first] =
    isDocument(document) && Array.isArray(document.writeErrors) ? (document.writeErrors as Document[]) : []
  if (first === undefined) return undefined
  const error = new Error(String(first.errmsg))
  error.name = 'MongoWriteError'
  return error
}

/**
 * Returns the number of documents in the batch of a response, or `undefined` if the response has no batch. For an
 * unparsed response, reads the library's own count, which the library needs and caches anyway.
 */
export function countDocuments(response: unknown): number | undefined {
  if (isDocument(response)) {
    const cursor = isDocument(response.cursor) ? response.cursor : {}
    const batch = cursor.firstBatch ?? cursor.nextBatch
    return Array.isArray(batch) ? batch.length : undefined
  }
  try {
    const { isExplain, batchSize } = (response ?? {}) as { isExplain?: unknown; batchSize?: unknown }
    return typeof batchSize === 'number' && isExplain !== true ? batchSize : undefined
  } catch {
    // The response has no batch.
    return undefined
  }
}

const BSON_ARRAY_TYPE = 4

interface RawResponse {
  get(name: string, type: number): unknown
  toObject(): unknown
}

function describeMember(document: Document, member: string): string {
  const value = document[member]
  if (member === 'documents') return describeList(value, () => '?')
  if (member === 'deletes') return describeList(value, each => (isDocument(each) ? describeShape(each.q) : '?'))
  if (member === 'updates') {
    return describeList(value, each => (isDocument(each) ? `${describeShape(each.q)} ${describeUpdate(each.u)}` : '?'))
  }
  if (member === 'update') return describeUpdate(value)
  if (member === 'sort') return `sort ${describeShape(value)}`
  if (member === 'key') return typeof value === 'string' && PLAIN_NAME.test(value) ? value : '?'
  return describeShape(value)
}

function describeList(value: unknown, describeEach: (each: unknown) => string): string {
  const items = Array.isArray(value) ? value : readSequence(value)
  if (items === undefined) return '?'
  const described = items.length === 0 ? '' : describeEach(items[0])
  return items.length < 2 ? described : `${described}, ... ${items.length - 1} more`
}

/** Returns the documents of mongodb's `DocumentSequence`, or `undefined` for other values. */
function readSequence(value: unknown): readonly unknown[] | undefined {
  const { documents } = (isDocument(value) ? {} : (value ?? {})) as { readonly documents?: unknown }
  return Array.isArray(documents) ? documents : undefined
}

/**
 * Shows fields and operators, with `?` for their values: `{status: ?, $or: [{total: {$gt: ?}}, ...]}`. Nested names are
 * shown only if they are part of the query, because other names are data.
 */
function describeShape(value: unknown, depth = 0): string {
  if (depth >= MAX_SHAPE_DEPTH) return '?'
  if (Array.isArray(value)) {
    if (!value.some(isDocument)) return '?'
    return `[${showMembers(value, each => describeShape(each, depth + 1))}]`
  }
  const members = listEntries(value)
  if (members === undefined) return '?'
  const shown = showMembers(members, ([name, inner]) => {
    return `${PLAIN_NAME.test(name) ? name : '?'}: ${isPartOfQuery(name, inner, depth) ? describeShape(inner, depth + 1) : '?'}`
  })
  return `{${shown}}`
}

/**
 * Returns whether a name is part of the query. Such a name is a logical operator, `$match` or `$elemMatch`, or a field
 * whose value contains only operators. Other names are data.
 */
function isPartOfQuery(name: string, inner: unknown, depth: number): boolean {
  if (/^\$(?:and|or|nor|not|match|elemMatch)$/.test(name)) return true
  if (name.startsWith('$') || depth > MAX_SHAPE_DEPTH || !isDocument(inner)) return false
  const names = Object.keys(inner)
  return names.length > 0 && names.every(each => each.startsWith('$'))
}

function describeUpdate(value: unknown): string {
  if (Array.isArray(value)) return describeShape(value)
  if (!isDocument(value)) return '?'
  const names = Object.keys(value)
  return names.every(name => name.startsWith('$')) ? `{${names.map(name => `${name}: ?`).join(', ')}}` : '?'
}

/** Returns values in a human-readable form, such as the hex string of an `ObjectId`. */
function toPlainValue(value: unknown, depth: number): unknown {
  if (depth < 0) return '...'
  const items = Array.isArray(value) ? value : readSequence(value)
  if (items !== undefined) return items.slice(0, MAX_ITEMS).map(each => toPlainValue(each, depth - 1))
  const members = listEntries(value)
  if (members !== undefined)
    return Object.fromEntries(members.map(([name, each]) => [name, toPlainValue(each, depth - 1)]))
  const { _bsontype: type, toHexString } = (value ?? {}) as { _bsontype?: unknown; toHexString?: unknown }
  if (type === undefined) return value
  // A UUID is a `Binary` with this method.
  return SHOWN_BSON_TYPES.has(type) || toHexString !== undefined ? String(value) : `[${type}]`
}

/** Returns the entries of a document, or of the `Map` to which mongodb converts a sort. */
function listEntries(value: unknown): readonly [string, unknown][] | undefined {
  if (types.isMap(value)) return [...value].map(([name, each]) => [String(name), each])
  return isDocument(value) ? Object.entries(value) : undefined
}

function isDocument(value: unknown): value is Document {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
