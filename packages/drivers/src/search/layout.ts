import { Array, Math, Object } from '@osprofiler/core/toolkit'
import { isObject } from '../records/record-text.js'
import type { SearchClient } from './client.js'
import { SearchFailure } from './failure.js'

/** The indices of Python's driver. */
export const RECORDS = 'osprofiler-notifications'
export const FAILURES = 'osprofiler-notifications-error'

/** While a write waits for its index, a program that has ended its work does not end. */
const ANSWER_MS = 5_000

/** Lucene has no room for a term of 32,766 bytes or more; a longer text is kept, and not searched. */
const SEARCHED = { type: 'keyword', ignore_above: 8_191 }

const PLACE = {
  base_id: { type: 'keyword' },
  // The date has milliseconds; its text orders what they do not tell apart.
  timestamp: {
    type: 'date',
    fields: { keyword: { type: 'keyword', ignore_above: 256 } },
  },
}

/**
 * How a new index takes records. `info` is kept and not looked into: its keys are anybody's, and each new one would
 * add a field to the index until it takes no more, or meet a field of another type and be refused.
 */
const MAPPINGS = {
  [RECORDS]: {
    dynamic: false,
    properties: {
      ...PLACE,
      parent_id: SEARCHED,
      trace_id: SEARCHED,
      name: SEARCHED,
      project: SEARCHED,
      service: SEARCHED,
      info: { type: 'object', enabled: false },
      failed: { type: 'boolean' },
    },
  },
  [FAILURES]: { dynamic: false, properties: PLACE },
}

/** Makes an index unless it is there. Who may not is left to what there is. */
export async function createIndex(client: SearchClient, index: keyof typeof MAPPINGS): Promise<void> {
  try {
    const options = { requestTimeout: ANSWER_MS }
    if ((await client.find({ method: 'GET', path: `/${index}` }, options)) !== undefined) return
    await client.request({ method: 'PUT', path: `/${index}`, body: { mappings: MAPPINGS[index] } }, options)
  } catch (error) {
    if (!(error instanceof SearchFailure)) throw error
    if (error.type !== 'resource_already_exists_exception' && error.status !== 403) throw error
  }
}

/** Indices in which ids are compared whole by the same field. */
export interface IdPlace {
  /** A name, or several with commas between them. */
  readonly index: string
  readonly field: string
  /** Their names, where an alias has indices of both kinds behind it. */
  readonly indices: readonly string[] | undefined
}

/** Names of so many indices fit into the path of a request. */
const MAX_NAMES = 40

/**
 * The fields by which a `base_id` is compared whole. An index that Python's driver was the first to use has made a text of
 * words out of it, and `.keyword` beside it; behind an alias there may be indices of both kinds. Empty where there is no index.
 */
export async function findIdPlaces(client: SearchClient, index: string): Promise<readonly IdPlace[]> {
  const mappings = await client.find({ method: 'GET', path: `/${index}/_mapping` })
  const fields = Object.entries(mappings ?? {}).map(([name, mapping]) => ({ name, field: fieldOf(mapping) }))
  const [first] = fields
  if (first === undefined) return []
  if (fields.every(({ field }) => field === first.field)) return [{ index, field: first.field, indices: undefined }]
  return ['base_id', 'base_id.keyword'].flatMap(field => {
    const names = fields.filter(one => one.field === field).map(({ name }) => name)
    return cutIntoParts(names).map(indices => ({ index: indices.join(','), field, indices }))
  })
}

/** A query for the records of some traces. */
export function toIdQuery(places: readonly IdPlace[], baseIds: readonly string[]): object {
  const queries = places.map(({ field, indices }) => {
    const isOne = { terms: { [field]: baseIds } }
    return indices === undefined ? isOne : { bool: { filter: [{ terms: { _index: indices } }, isOne] } }
  })
  return { bool: { should: queries, minimum_should_match: 1 } }
}

function cutIntoParts(names: readonly string[]): (readonly string[])[] {
  const count = Math.ceil(names.length / MAX_NAMES)
  return Array.from({ length: count }, (_, part) => names.slice(part * MAX_NAMES, (part + 1) * MAX_NAMES))
}

function fieldOf(mapping: unknown): string {
  return typeOfBaseId(mapping) === 'keyword' ? 'base_id' : 'base_id.keyword'
}

function typeOfBaseId(index: unknown): unknown {
  const mappings = isObject(index) ? index.mappings : undefined
  const properties = isObject(mappings) ? mappings.properties : undefined
  const field = isObject(properties) ? properties.base_id : undefined
  return isObject(field) ? field.type : undefined
}
