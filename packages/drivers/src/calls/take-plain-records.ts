import type { TraceRecord, WriteResult } from '@osprofiler/core'
import { String, WeakMap } from '@osprofiler/core/toolkit'
import { toPlainRecord } from '../records/plain-record.js'
import { encodeRecord, isObject } from '../records/record-text.js'
import { isTimestamp } from '../records/record-time.js'

type Write = (records: readonly TraceRecord[]) => Promise<WriteResult>

interface PlainBatch {
  readonly records: readonly TraceRecord[]
  /** The position of each record in the given batch. */
  readonly places: readonly number[]
}

const TEXTS = ['name', 'base_id', 'parent_id', 'trace_id', 'timestamp', 'project', 'service']
const IDS = ['name', 'base_id', 'parent_id', 'trace_id']
/** No store refuses a smaller record for its size. */
const LARGE_CHARACTERS = 1_000_000

/**
 * Wraps the `write` of a store, which gets only plain copies of records. Other values count as refused, with a reason
 * if the store gives none. A batch that is tried again, or a part of it, reaches the store as the same plain objects.
 */
export function takePlainRecords(write: Write): Write {
  const batches = new WeakMap<readonly TraceRecord[], PlainBatch>()
  /** The plain records of batches that failed or were held in part. */
  const known = new WeakMap<TraceRecord, TraceRecord>()

  function sift(given: readonly TraceRecord[]): PlainBatch {
    const records: TraceRecord[] = []
    const places: number[] = []
    for (const [place, value] of given.entries()) {
      const record = known.get(value) ?? toPlainRecord(value)
      if (record === undefined) continue
      records.push(record)
      places.push(place)
    }
    return { records, places }
  }

  function keep(given: readonly TraceRecord[], batch: PlainBatch): void {
    batches.set(given, batch)
    for (const [at, record] of batch.records.entries()) {
      const value = given[batch.places[at] ?? 0]
      if (value !== undefined) known.set(value, record)
    }
  }

  return async given => {
    const batch = batches.get(given) ?? sift(given)
    let result: WriteResult
    try {
      result = await write(batch.records)
    } catch (error) {
      keep(given, batch)
      throw error
    }
    const { held } = result
    if (held === undefined) batches.delete(given)
    else keep(given, batch)
    const refused = result.refused + given.length - batch.records.length
    const reason = refused > 0 ? result.reason || explain(given) : result.reason
    return {
      ...result,
      refused,
      ...(held && { held: held.map(at => batch.places[at] ?? at) }),
      ...(reason && { reason }),
    }
  }
}

function explain(given: readonly unknown[]): string {
  for (const value of given) {
    const reason = explainValue(value)
    if (reason !== '') return reason
  }
  return ''
}

function explainValue(value: unknown): string {
  try {
    if (!isObject(value)) return 'A record is no object.'
    const member = TEXTS.find(name => typeof value[name] !== 'string')
    if (member !== undefined) return `The "${member}" of a record is no text.`
    if (!isObject(value.info)) return 'The "info" of a record is no object.'
    if (!isTimestamp(String(value.timestamp))) return 'The timestamp of a record is no time.'
    const record = toPlainRecord(value)
    if (record === undefined) return 'The "info" of a record has no JSON: it may hold a circle or a BigInt.'
    const odd = IDS.find(name => /\0/.test(String(value[name])))
    if (odd !== undefined) return `The "${odd}" of a record holds NUL.`
    return encodeRecord(record).length > LARGE_CHARACTERS ? 'A record may be larger than the store takes.' : ''
  } catch {
    return 'A record cannot be read.'
  }
}
