import { isErrorRecord, type TraceRecord } from '@osprofiler/core'
import { ExactNumber, exactFloat, jsonText, parseJson } from '@osprofiler/core/json'
import { Array, Date, dateNow, Map, Math, Number, Object, String, types } from '@osprofiler/core/toolkit'
import type { Document, ObjectId } from 'mongodb'
import { encodeRecord, isObject, parse, toRecord } from '../records/record-text.js'
import { isExactInBson } from './exact-in-bson.js'

/** The parts of the client that are needed to create a document. */
export interface DocumentMaker {
  readonly ObjectId: new () => ObjectId
  readonly Long: { fromNumber(value: number): unknown; fromString(digits: string): unknown }
  readonly Double: new (value: number) => unknown
  readonly BSON: { calculateObjectSize(document: Document): number }
}

/** A batch as documents for one insert. `refused` counts the records that MongoDB cannot store. */
export interface DocumentBatch {
  readonly documents: readonly Document[]
  /** For each document, the position of its record in the batch. */
  readonly positions: readonly number[]
  /** The failed traces, each with the time of its last failure. */
  readonly failures: ReadonlyMap<string, string>
  readonly refused: number
}

type RecordDocument = TraceRecord & { readonly _id: ObjectId }

/** MongoDB's maximum size of a document. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
/** Longer JSON may exceed `MAX_DOCUMENT_BYTES` when it is encoded as BSON. Shorter JSON cannot. */
const MAX_SAFE_CHARACTERS = 1_000_000
/** Maximum nesting depth of `info`. MongoDB allows 100 levels in a document, and `info` is not at the first level. */
const MAX_DEPTH = 90

/**
 * Matches JSON text that BSON might not preserve: a lone surrogate, NUL in a key, or an integer of more than 64 bits.
 * Also matches keys that a client interprets as operators, references or types. Some harmless values match, too. For
 * these, the document only needs more space.
 */
const INEXACT = /"\$|"_bsontype"|"__proto__"|\\u(?:0000|d[89a-f])|\d{19}/

/**
 * Converts a batch to the layout of Python's driver: each record is a document, which contains `info` as an object. If
 * MongoDB would change `info`, the document also contains the exact JSON of `info` as `info_json`. If an earlier write
 * of a record failed, `ids` contains the id that the record got then.
 */
export function toDocuments(
  records: readonly TraceRecord[],
  ttl: number | undefined,
  maker: DocumentMaker,
  ids: { get(record: TraceRecord): ObjectId | undefined },
): DocumentBatch {
  const failures = new Map<string, string>()
  const documents: Document[] = []
  const positions: number[] = []
  // A TTL index needs a date, but in Python's layout the timestamp is a string.
  const expiry = ttl === undefined ? {} : { expires_at: new Date(dateNow() + ttl) }
  for (const [position, record] of records.entries()) {
    const document = toDocument(record, ids.get(record) ?? new maker.ObjectId(), maker)
    if (document === undefined) continue
    documents.push(Object.assign(document, expiry))
    positions.push(position)
    if (isErrorRecord(document)) failures.set(document.base_id, document.timestamp)
  }
  return { documents, positions, failures, refused: records.length - documents.length }
}

/** Converts a document to a record. The document may come from this driver or from Python's driver. */
export function fromDocument(document: Document): TraceRecord {
  const { info, info_json, ...texts } = document
  const exact = typeof info_json === 'string' ? parse(info_json) : undefined
  return toRecord({ ...(toJsonValue(texts) as Document), info: isObject(exact) ? exact : toJsonValue(info) })
}

function toDocument(record: TraceRecord, _id: ObjectId, maker: DocumentMaker): RecordDocument | undefined {
  if (!areStorable(record)) return undefined
  if (isExactInBson(record.info)) return { _id, ...record }
  const line = encodeRecord(record)
  const exact = !INEXACT.test(line) && !isDeeperThan(record.info, MAX_DEPTH)
  const info = toBsonValue(record.info, MAX_DEPTH, maker) as TraceRecord['info']
  const document = { _id, ...record, info }
  if (!exact) Object.assign(document, { info_json: jsonText(record.info, 0) })
  if (line.length > MAX_SAFE_CHARACTERS && maker.BSON.calculateObjectSize(document) >= MAX_DOCUMENT_BYTES)
    return undefined
  return document
}

/** Returns whether UTF-8 can encode the strings outside of `info`. */
function areStorable({ info: _, ...texts }: TraceRecord): boolean {
  return Object.values(texts).every(text => text.isWellFormed())
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null || ExactNumber.is(value)) return false
  if (depth === 0) return true
  return Object.values(value).some(member => isDeeperThan(member, depth - 1))
}

/**
 * Converts a JSON value to the nearest value that MongoDB can store. Renames keys that have a special meaning for
 * MongoDB or its clients.
 */
function toBsonValue(value: unknown, depth: number, maker: DocumentMaker): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (typeof value === 'number') return isLong(value) ? maker.Long.fromNumber(value) : value
  if (ExactNumber.is(value)) return toBsonNumber(value, maker)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '...'
  if (Array.isArray(value)) return value.map(member => toBsonValue(member, depth - 1, maker))
  const members: Record<string, unknown> = Object.create(null)
  for (const [key, member] of Object.entries(value)) members[toBsonKey(key)] = toBsonValue(member, depth - 1, maker)
  return members
}

function isLong(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) >= 2 ** 31 && Math.abs(value) < 2 ** 63
}

/**
 * Converts an `ExactNumber`, which has all digits of its JSON text. An integer of more than 64 bits becomes the nearest
 * double, because BSON has no larger integers.
 */
function toBsonNumber(value: ExactNumber, maker: DocumentMaker): unknown {
  const isInteger = /^-?\d+$/.test(value.source)
  return isInteger && isLong(Number(value)) ? maker.Long.fromString(value.source) : new maker.Double(Number(value))
}

function toBsonKey(key: string): string {
  // MongoDB's manual recommends the full-width dollar sign as a replacement for "$".
  const safe = key.replace(/^\$/, '\uff04').replaceAll('\0', '\u2400').toWellFormed()
  return safe === '_bsontype' ? '_bsontype_' : safe
}

/**
 * Converts a value to JSON. Dates and other BSON types become strings, and doubles are written as in Python, such as
 * `1.0`.
 */
function toJsonValue(value: unknown): unknown {
  if (typeof value === 'bigint') return parseJson(String(value))
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toJsonValue)
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? null : value.toISOString().slice(0, -1)
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return toScalar(value)
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJsonValue(member)]))
}

function toScalar(value: object): unknown {
  const { _bsontype: type } = value as { readonly _bsontype?: unknown }
  if (type === 'Double') return exactFloat(Number(value))
  return type === 'Long' || type === 'Int32' ? parseJson(String(value)) : String(value)
}
