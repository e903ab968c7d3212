import { Array, Math, Object } from '@osprofiler/core/toolkit'
import { isObject } from '../records/record-text.js'
import type { SearchClient } from './client.js'
import { SearchFailure } from './failure.js'

/** The index that contains the records, named as in Python's driver. */
export const RECORDS_INDEX = 'osprofiler-notifications'
/** The index of notes about failed traces, which the driver writes if `filterErrorTrace` is set. */
export const FAILURES_INDEX = 'osprofiler-notifications-error'

/**
 * Time limit for creating an index during a write. The limit is short, because the write keeps a finished program
 * alive.
 */
const CREATE_TIMEOUT_MS = 5_000

/**
 * A string that can be searched, up to 8,191 characters. A longer string is stored but cannot be searched, because
 * Lucene cannot index a term of more than 32,766 bytes.
 */
const SEARCHABLE_TEXT = { type: 'keyword', ignore_above: 8_191 }

const ID_AND_TIME = {
  base_id: { type: 'keyword' },
  // A `date` has only milliseconds. Its text subfield sorts records of the same millisecond.
  timestamp: {
    type: 'date',
    fields: { keyword: { type: 'keyword', ignore_above: 256 } },
  },
}

/**
 * Mappings of new indices. `info` is stored but not indexed, because its keys are arbitrary. If `info` were indexed,
 * each new key would add a field. The index would then reach its maximum number of fields, or refuse a value whose type
 * differs from the type of its field.
 */
const MAPPINGS = {
  [RECORDS_INDEX]: {
    dynamic: false,
    properties: {
      ...ID_AND_TIME,
      parent_id: SEARCHABLE_TEXT,
      trace_id: SEARCHABLE_TEXT,
      name: SEARCHABLE_TEXT,
      project: SEARCHABLE_TEXT,
      service: SEARCHABLE_TEXT,
      info: { type: 'object', enabled: false },
      failed: { type: 'boolean' },
    },
  },
  [FAILURES_INDEX]: { dynamic: false, properties: ID_AND_TIME },
}

/** Creates an index unless it exists. A user without the right to create indices can only use existing indices. */
export async function createIndex(client: SearchClient, index: keyof typeof MAPPINGS): Promise<void> {
  try {
    const options = { requestTimeout: CREATE_TIMEOUT_MS }
    if ((await client.find({ method: 'GET', path: `/${index}` }, options)) !== undefined) return
    await client.request({ method: 'PUT', path: `/${index}`, body: { mappings: MAPPINGS[index] } }, options)
  } catch (error) {
    if (!(error instanceof SearchFailure)) throw error
    if (error.type !== 'resource_already_exists_exception' && error.status !== 403) throw error
  }
}

/**
 * Indices in which the same field can be compared with a whole id, and not only with a word in the id (see
 * `findIdFields`).
 */
export interface IdField {
  /** The name of an index, or several names separated by commas. */
  readonly index: string
  readonly field: string
  /** The names of the indices. Undefined unless an alias refers to indices with different fields. */
  readonly indices: readonly string[] | undefined
}

/** Maximum number of index names that fit into the path of a request. */
const MAX_PATH_NAMES = 40

/**
 * Finds the fields that can be compared with a whole id: `base_id`, or `base_id.keyword` if Python's driver created the
 * index.
 */
export async function findIdFields(client: SearchClient, index: string): Promise<readonly IdField[]> {
  const mappings = await client.find({ method: 'GET', path: `/${index}/_mapping` })
  const fields = Object.entries(mappings ?? {}).map(([name, mapping]) => ({ name, field: toIdField(mapping) }))
  const [first] = fields
  if (first === undefined) return []
  if (fields.every(({ field }) => field === first.field)) return [{ index, field: first.field, indices: undefined }]
  return ['base_id', 'base_id.keyword'].flatMap(field => {
    const names = fields.filter(one => one.field === field).map(({ name }) => name)
    return splitNames(names).map(indices => ({ index: indices.join(','), field, indices }))
  })
}

/**
 * Builds the query for the records of some traces. In each index, the query uses the field that can be compared with a
 * whole id.
 */
export function toIdQuery(idFields: readonly IdField[], baseIds: readonly string[]): object {
  const queries = idFields.map(({ field, indices }) => {
    const isOne = { terms: { [field]: baseIds } }
    return indices === undefined ? isOne : { bool: { filter: [{ terms: { _index: indices } }, isOne] } }
  })
  return { bool: { should: queries, minimum_should_match: 1 } }
}

function splitNames(names: readonly string[]): (readonly string[])[] {
  const count = Math.ceil(names.length / MAX_PATH_NAMES)
  return Array.from({ length: count }, (_, part) => names.slice(part * MAX_PATH_NAMES, (part + 1) * MAX_PATH_NAMES))
}

function toIdField(mapping: unknown): string {
  return readBaseIdType(mapping) === 'keyword' ? 'base_id' : 'base_id.keyword'
}

function readBaseIdType(index: unknown): unknown {
  const mappings = isObject(index) ? index.mappings : undefined
  const properties = isObject(mappings) ? mappings.properties : undefined
  const field = isObject(properties) ? properties.base_id : undefined
  return isObject(field) ? field.type : undefined
}
