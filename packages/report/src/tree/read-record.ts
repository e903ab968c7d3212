import type { TraceRecord } from '@osprofiler/core'
import { asNumber } from '@osprofiler/core/json'
import { isStopName } from '@osprofiler/core/record'
import { isJsonObject, readField, readNumber, readText } from './read-field.js'

/** The parts of a record that a report needs, read without trusting the record's declared type. */
export interface RecordFacts {
  readonly record: TraceRecord
  readonly kind: 'start' | 'stop'
  readonly name: string
  readonly traceId: string | undefined
  readonly parentId: string | undefined
  readonly baseId: string | undefined
  /** Microseconds since 1970. */
  readonly atUs: number | undefined
  readonly malformed: boolean
}

const MAX_DIGITS = 40

/** Reads a record, or any JSON value that is not a record. Never throws. */
export function readRecord(record: TraceRecord, readTime: (timestamp: unknown) => number | undefined): RecordFacts {
  const name = readText(record, 'name')
  const traceId = readText(record, 'trace_id')
  const parentId = readText(record, 'parent_id')
  const baseId = readText(record, 'base_id')
  return {
    record,
    kind: name !== undefined && isStopName(name) ? 'stop' : 'start',
    name: name ?? 'unknown',
    traceId,
    parentId,
    baseId,
    atUs: readTime(readField(record, 'timestamp')),
    malformed:
      name === undefined ||
      traceId === undefined ||
      parentId === undefined ||
      baseId === undefined ||
      !isJsonObject(readField(record, 'info')) ||
      !isStringOrNull(readField(record, 'project')) ||
      !isStringOrNull(readField(record, 'service')),
  }
}

/** Returns the status of a served request, or of the response to an outgoing request. */
export function readStatus(stop: unknown): number | undefined {
  return readNumber(stop, 'info', 'response', 'status_code') ?? readNumber(stop, 'info', 'requests', 'status_code')
}

/**
 * Returns the status as it is shown to people. A number that JavaScript cannot represent is shown with its recorded
 * digits.
 */
export function formatStatus(stop: unknown): number | string | undefined {
  const status = readStatus(stop)
  if (status === undefined || Number.isSafeInteger(status)) return status
  const [served, sent] = ['response', 'requests'].map(side => readField(stop, 'info', side, 'status_code'))
  return formatDigits(asNumber(served) === undefined ? sent : served)
}

/** Returns a number's recorded digits, or only the first digits if there are too many to read. */
export function formatDigits(number: unknown): string {
  const digits = String(number)
  return digits.length > MAX_DIGITS ? `${digits.slice(0, MAX_DIGITS)}...` : digits
}

/**
 * Returns the route of a served request, such as `/orders/:id`. A router reports the route in the stop record. If the
 * route is known earlier, it is in the start record.
 */
export function readRoute({ start, stop }: { readonly start?: unknown; readonly stop?: unknown }): string | undefined {
  return readText(stop, 'info', 'request', 'route') ?? readText(start, 'info', 'request', 'route')
}

/** For a project or service that has no name, Python's clients send null, or no field. */
function isStringOrNull(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string'
}
