import type { TraceRecord, WriteResult } from '@osprofiler/core'
import { String, WeakMap } from '@osprofiler/core/toolkit'
import { toPlainRecord } from '../records/plain-record.js'
import { encodeRecord, isObject } from '../records/record-text.js'
import { isTimestamp } from '../records/record-time.js'

type Write = (records: readonly TraceRecord[]) => Promise<WriteResult>

interface PlainBatch {
  readonly records: readonly TraceRecord[]
  /** For each plain record, its position in the batch that the caller passed in. */
  readonly positions: readonly number[]
}

const STRING_MEMBERS = ['name', 'base_id', 'parent_id', 'trace_id', 'timestamp', 'project', 'service']
const ID_MEMBERS = ['name', 'base_id', 'parent_id', 'trace_id']
/**
 * Every store accepts records of up to this size. If a store refuses a larger record, the size is reported as the
 * likely reason.
 */
const MIN_LARGE_RECORD_CHARACTERS = 1_000_000

/**
 * Wraps a store's `write`, so that the store gets only plain copies of records. Values that are not valid records count
 * as refused. If the store gives no reason for refusing a record, the wrapper adds a likely reason. If a batch or a
 * part of a batch is written again, the store gets the same plain objects as before.
 */
export function takePlainRecords(write: Write): Write {
  const batches = new WeakMap<readonly TraceRecord[], PlainBatch>()
  /**
   * Maps each record from the caller to its plain copy. Contains only records of batches that must be written again, at
   * least in part.
   */
  const knownRecords = new WeakMap<TraceRecord, TraceRecord>()

  function selectPlainRecords(given: readonly TraceRecord[]): PlainBatch {
    const records: TraceRecord[] = []
    const positions: number[] = []
    for (const [position, value] of given.entries()) {
      const record = knownRecords.get(value) ?? toPlainRecord(value)
      if (record === undefined) continue
      records.push(record)
      positions.push(position)
    }
    return { records, positions }
  }

  function rememberBatch(given: readonly TraceRecord[], batch: PlainBatch): void {
    batches.set(given, batch)
    for (const [at, record] of batch.records.entries()) {
      const value = given[batch.positions[at] ?? 0]
      if (value !== undefined) knownRecords.set(value, record)
    }
  }

  return async given => {
    const batch = batches.get(given) ?? selectPlainRecords(given)
    let result: WriteResult
    try {
      result = await write(batch.records)
    } catch (error) {
      rememberBatch(given, batch)
      throw error
    }
    const { held } = result
    if (held === undefined) batches.delete(given)
    else rememberBatch(given, batch)
    const refused = result.refused + given.length - batch.records.length
    const reason = refused > 0 ? result.reason || explainRefusal(given) : result.reason
    return {
      ...result,
      refused,
      ...(held && { held: held.map(at => batch.positions[at] ?? at) }),
      ...(reason && { reason }),
    }
  }
}

function explainRefusal(given: readonly unknown[]): string {
  for (const value of given) {
    const reason = explainValue(value)
    if (reason !== '') return reason
  }
  return ''
}

function explainValue(value: unknown): string {
  try {
    if (!isObject(value)) return 'A record is not an object.'
    const member = STRING_MEMBERS.find(name => typeof value[name] !== 'string')
    if (member !== undefined) return `The "${member}" of a record is not a string.`
    if (!isObject(value.info)) return 'The "info" of a record is not an object.'
    if (!isTimestamp(String(value.timestamp))) return 'The timestamp of a record is invalid.'
    const record = toPlainRecord(value)
    if (record === undefined)
      return 'The "info" of a record cannot be written as JSON: it may contain a cycle or a BigInt.'
    const memberWithNul = ID_MEMBERS.find(name => /\0/.test(String(value[name])))
    if (memberWithNul !== undefined) return `The "${memberWithNul}" of a record contains NUL.`
    return encodeRecord(record).length > MIN_LARGE_RECORD_CHARACTERS ? 'A record may be too large for the store.' : ''
  } catch {
    return 'A record cannot be read.'
  }
}
