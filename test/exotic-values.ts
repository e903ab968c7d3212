import type { TraceRecord } from '@osprofiler/core'
import { ExactNumber, jsonText, parseJson } from '@osprofiler/core/json'
import { createShopRecords } from './cli-records.js'

/** Values as Python's `json` writes them. JavaScript's numbers and JSON can represent only some of them. */
export const EXOTIC_VALUES = [
  ...['NaN', 'Infinity', '-Infinity', '9007199254740993', '-9223372036854775809', '12345678901234567890123456789'],
  ...['1.0', '0.0', '-0.0', '123456.0', '1e-07', '5e-324', '1e+16', '1e+22', '1.7976931348623157e+308', '0.1', '1.5'],
  ...['"NaN"', '"1.0"', '"9007199254740993"', 'null', 'true', '{"nested": [NaN, 1.0]}'],
]

/** Creates a trace with all exotic values as parameters of queries, and one of them as the status of the response. */
export function createExoticRecords(baseId?: string): TraceRecord[] {
  const params = parseJson(`[${EXOTIC_VALUES.join(', ')}]`)
  return createShopRecords(baseId === undefined ? {} : { baseId }).map(record => {
    const { db, response } = record.info
    if (db !== undefined) return { ...record, info: { ...record.info, db: { ...db, params }, NaN: { params } } }
    if (response === undefined) return record
    return { ...record, info: { ...record.info, response: { status_code: parseJson('503.0') } } }
  })
}

/** Returns JSON without white space and with sorted members, so that the outputs of two programs can be compared. */
export function compact(json: string, change: (value: unknown) => unknown = value => value): string {
  return toExactText(change(parseJson(json)))
}

/** Returns JSON that preserves every number exactly, and that does not depend on the order of members. */
export function toExactText(value: unknown): string {
  return jsonText(sortMembers(value), 0)
}

function sortMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortMembers)
  if (typeof value !== 'object' || value === null || ExactNumber.is(value)) return value
  const members = Object.entries(value).map(([name, member]) => [name, sortMembers(member)] as const)
  return Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1)))
}
