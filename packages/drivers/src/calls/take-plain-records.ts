import type { TraceRecord, WriteResult } from '@osprofiler/core'
import { String, WeakMap } from '@osprofiler/core/toolkit'
import { toPlainRecord } from '../records/plain-record.js'
import { encodeRecord, isObject } from '../records/record-text.js'
import { isTimestamp } from '../records/record-time.js'

type Write = (records: readonly TraceRecord[]) => Promise<WriteResult>

/** A batch without what is no record. */
interface PlainBatch {
  readonly records: readonly TraceRecord[]
  /** The position of each in the batch that was given. */
  readonly places: readonly number[]
}

const TEXTS = ['name', 'base_id', 'parent_id', 'trace_id', 'timestamp', 'project', 'service']
const IDS = ['name', 'base_id', 'parent_id', 'trace_id']
/** Smaller records are refused by no store for their size. */
const LARGE_CHARACTERS = 1_000_000

/**
 * Makes a function that takes whatever a program emits for records, and hands on those that are, plain. It counts the
 * others as refused, and says why records were refused where the store does not.
 *
 * A batch that is tried again is the same array, and its parts have the same records: so it is for the store.
 */
export function takePlainRecords(write: Write): Write {
  const batches = new WeakMap<readonly TraceRecord[], PlainBatch>()
  /** Of batches that failed or were held in part. */
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

/** Where several records are refused, the first reason is told. */
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
