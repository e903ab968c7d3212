import { BSON } from 'mongodb'
import { type BsonElements, decodeDocument, joinDocument, splitDocument } from './bson-elements.js'
import { aggregate, CommandFailure, checkFilter, matches, sortBy } from './mongodb-query.js'

type Values = Readonly<Record<string, unknown>>

interface Stored {
  readonly elements: BsonElements
  readonly values: Values
}

interface Index {
  readonly key: Values
  readonly name: string
  readonly unique?: boolean
  readonly expireAfterSeconds?: number
}

export interface WriteError {
  readonly index: number
  readonly code: number
  readonly errmsg: string
}

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
const MAX_DEPTH = 180

/** A collection that keeps documents as they were sent, and the requested indexes. */
export class StandInCollection {
  readonly #name: string
  readonly #indexes = new Map<string, Index>([['_id_', { key: { _id: 1 }, name: '_id_', unique: true }]])
  #documents = new Map<string, Stored>()

  constructor(name: string) {
    this.#name = name
  }

  get indexes(): Index[] {
    return [...this.#indexes.values()]
  }

  /** Stores documents. Returns the errors of the documents that were not stored. */
  insert(documents: readonly Buffer[], ordered: boolean): WriteError[] {
    const errors: WriteError[] = []
    for (const [index, document] of documents.entries()) {
      const error = this.#insertOne(document)
      if (error !== undefined) errors.push({ index, ...error })
      if (error !== undefined && ordered) break
    }
    return errors
  }

  find(filter: Values, { projection = {}, sort = {}, limit = 0 }: Record<string, unknown>): Buffer[] {
    checkFilter(filter)
    const found = [...this.#documents.values()].filter(({ values }) => matches(values, filter))
    const sorted = sortBy(found, sort as Values, ({ values }) => values)
    const cut = Number(limit) > 0 ? sorted.slice(0, Number(limit)) : sorted
    return cut.map(({ elements }) => joinDocument(project(elements, projection as Values)))
  }

  aggregate(pipeline: readonly Values[]): Buffer[] {
    const results = aggregate(
      [...this.#documents.values()].map(({ values }) => values),
      pipeline,
    )
    return results.map(values => Buffer.from(BSON.serialize(values)))
  }

  distinct(key: string): unknown[] {
    return [...new Set([...this.#documents.values()].map(({ values }) => values[key]))]
  }

  delete(filter: Values, limit: number): number {
    checkFilter(filter)
    let deleted = 0
    for (const [id, { values }] of this.#documents) {
      if (!matches(values, filter)) continue
      this.#documents.delete(id)
      deleted++
      if (deleted === limit) break
    }
    return deleted
  }

  /**
   * Sets members of a document, or replaces the document. With `upsert`, adds a document if no document matches the
   * filter.
   */
  update(filter: Values, update: Values, upsert: boolean): { readonly n: number; readonly upsertedId?: unknown } {
    checkFilter(filter)
    const { $set, ...rest } = update
    const operators = Object.keys(rest).filter(key => key.startsWith('$'))
    if (operators.length > 0) throw new CommandFailure(9, 'FailedToParse', `Unknown modifier: ${operators[0]}`)
    const found = [...this.#documents.values()].find(({ values }) => matches(values, filter))
    if (found === undefined && !upsert) return { n: 0 }
    const before = found?.values ?? readEqualities(filter)
    const _id = before._id ?? new BSON.ObjectId()
    const kept = $set === undefined ? {} : before
    this.#put(Buffer.from(BSON.serialize({ _id, ...kept, ...rest, ...($set as object | undefined) })))
    return found === undefined ? { n: 1, upsertedId: _id } : { n: 1 }
  }

  createIndex(index: Index): void {
    const known = this.#indexes.get(index.name)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(index)) {
      throw new CommandFailure(85, 'IndexOptionsConflict', `An equivalent index already exists: ${index.name}`)
    }
    this.#indexes.set(index.name, index)
  }

  /** Removes expired documents at once. A real server does so once a minute. */
  expire(now: number): void {
    for (const { key, expireAfterSeconds } of this.indexes) {
      const [field = ''] = Object.keys(key)
      if (expireAfterSeconds === undefined) continue
      for (const [id, { values }] of this.#documents) {
        const date = values[field]
        if (date instanceof Date && date.getTime() + expireAfterSeconds * 1_000 <= now) this.#documents.delete(id)
      }
    }
  }

  clear(): void {
    this.#documents = new Map()
  }

  #insertOne(document: Buffer): Omit<WriteError, 'index'> | undefined {
    if (document.length > MAX_DOCUMENT_BYTES) {
      return { code: 10334, errmsg: 'BSONObj size is invalid. Size must be between 0 and 16793600(16MB)' }
    }
    const values = decodeDocument(document)
    if (depthOf(values) > MAX_DEPTH) return { code: 15, errmsg: 'cannot insert document because it exceeds 180 levels' }
    const operator = Object.keys(values).find(key => key.startsWith('$'))
    if (operator !== undefined) return { code: 52, errmsg: `The dollar ($) prefixed field '${operator}' is not valid` }
    const id = JSON.stringify(values._id)
    if (this.#documents.has(id)) {
      const errmsg = `E11000 duplicate key error collection: ${this.#name} index: _id_ dup key: { _id: ${id} }`
      return { code: 11000, errmsg }
    }
    this.#put(document)
    return undefined
  }

  #put(document: Buffer): void {
    const values = decodeDocument(document)
    this.#documents.set(JSON.stringify(values._id), { elements: splitDocument(document), values })
  }
}

function project(elements: BsonElements, projection: Values): Iterable<Buffer> {
  const { _id, ...members } = projection
  const chosen = Object.values(members)
  if (chosen.some(value => value !== 1)) throw new CommandFailure(31254, 'Location31254', 'not understood here')
  return [...elements]
    .filter(([name]) => (name === '_id' ? _id !== 0 : chosen.length === 0 || Object.hasOwn(members, name)))
    .map(([, bytes]) => bytes)
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

/** Returns the members that a filter compares for equality. A document that an upsert adds also gets these members. */
function readEqualities(filter: Values): Values {
  const pairs = Object.entries(filter).map(([key, condition]) => [key, (condition as Values).$eq ?? condition])
  return Object.fromEntries(pairs)
}
