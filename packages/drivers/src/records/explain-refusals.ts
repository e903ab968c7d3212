import type { Driver, TraceRecord, WriteResult } from '@osprofiler/core'
import { String } from '@osprofiler/core/platform'
import { encodeRecord, isObject } from './record-text.js'
import { isTimestamp } from './record-time.js'

const TEXTS = ['name', 'base_id', 'parent_id', 'trace_id', 'timestamp', 'project', 'service']
const IDS = ['name', 'base_id', 'parent_id', 'trace_id']
/** Smaller records are refused by no store for their size. */
const LARGE_CHARACTERS = 1_000_000

/** The same driver, which says of records that it refuses by itself why it does. */
export function explainRefusals(driver: Driver): Driver {
  return {
    ...driver,
    async write(records) {
      const result = await driver.write(records)
      if (!isUnexplained(result)) return result
      const reason = explain(records)
      return reason === '' ? result : { ...result, reason }
    },
  }
}

function isUnexplained(result: WriteResult | undefined): result is WriteResult {
  return (result?.refused ?? 0) > 0 && (result?.reason ?? '') === ''
}

/** Where several records are refused, the first reason is told. */
function explain(records: readonly TraceRecord[]): string {
  for (const record of records) {
    const reason = explainRecord(record)
    if (reason !== '') return reason
  }
  return ''
}

function explainRecord(record: unknown): string {
  try {
    if (!isObject(record)) return 'A record is no object.'
    const member = TEXTS.find(name => typeof record[name] !== 'string')
    if (member !== undefined) return `The "${member}" of a record is no text.`
    if (!isObject(record.info)) return 'The "info" of a record is no object.'
    if (!isTimestamp(String(record.timestamp))) return 'The timestamp of a record is no time.'
    const line = encodeRecord(record as unknown as TraceRecord)
    if (line === undefined) return 'The "info" of a record has no JSON: it may hold a circle or a BigInt.'
    const odd = IDS.find(name => /\0/.test(String(record[name])))
    if (odd !== undefined) return `The "${odd}" of a record holds NUL.`
    return line.length > LARGE_CHARACTERS ? 'A record may be larger than the store takes.' : ''
  } catch {
    return 'A record cannot be read.'
  }
}
