import { Object } from '@osprofiler/core/toolkit'
import { isObject } from '../record-text.js'
import { type SearchClient, SearchFailure } from './client.js'

/** The indices of Python's driver. */
export const RECORDS = 'osprofiler-notifications'
export const FAILURES = 'osprofiler-notifications-error'

/** While a write waits for its index, a program that has ended its work does not end. */
const PATIENCE = 5_000

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
    const options = { requestTimeout: PATIENCE }
    if ((await client.find({ method: 'GET', path: `/${index}` }, options)) !== undefined) return
    await client.request({ method: 'PUT', path: `/${index}`, body: { mappings: MAPPINGS[index] } }, options)
  } catch (error) {
    if (!(error instanceof SearchFailure)) throw error
    if (error.type !== 'resource_already_exists_exception' && error.status !== 403) throw error
  }
}

/**
 * The field by which a `base_id` is compared whole. An index that Python's driver was the first to use has made a text of
 * words out of it, and `.keyword` beside it. Undefined where there is no index.
 */
export async function findExactField(client: SearchClient, index: string): Promise<string | undefined> {
  const indices = await client.find({ method: 'GET', path: `/${index}/_mapping` })
  if (indices === undefined) return undefined
  const types = Object.values(indices).map(value => typeOfBaseId(value))
  return types.every(type => type === 'keyword') ? 'base_id' : 'base_id.keyword'
}

function typeOfBaseId(index: unknown): unknown {
  const mappings = isObject(index) ? index.mappings : undefined
  const properties = isObject(mappings) ? mappings.properties : undefined
  const field = isObject(properties) ? properties.base_id : undefined
  return isObject(field) ? field.type : undefined
}
