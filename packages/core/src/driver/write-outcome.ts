import { OsprofilerError } from '../platform/osprofiler-error.js'
import { Array, Math, Number, Set, String } from '../platform/platform.js'
import type { TraceRecord } from '../record/trace-record.js'
import type { Driver, WriteResult } from './driver.js'

/**
 * The outcome of a write.
 * - `taken`: the store took the records, except those that the outcome counts or lists.
 * - `refused`: the store refuses all of the records.
 * - `unknown`: the store may have any of the records.
 * - `failed`: the store has none of the records, and may take them later.
 */
export type WriteOutcome =
  | {
      readonly kind: 'taken'
      readonly refused: number
      readonly unknown: number
      readonly held: readonly number[]
      readonly reason: string
    }
  | { readonly kind: 'refused' | 'unknown' | 'failed'; readonly error: unknown; readonly reason: string }

const KIND_BY_CODE = { ERR_WRITE_REFUSED: 'refused', ERR_WRITE_UNCERTAIN: 'unknown' } as const

/** Writes to a driver. The driver may be third-party code, so any result and any error becomes an outcome. */
export async function tryWrite(driver: Driver, records: readonly TraceRecord[]): Promise<WriteOutcome> {
  let result: WriteResult | undefined
  try {
    result = await driver.write(records)
  } catch (error) {
    const code = readCode(error)
    const kind = code === 'ERR_WRITE_REFUSED' || code === 'ERR_WRITE_UNCERTAIN' ? KIND_BY_CODE[code] : 'failed'
    return { kind, error, reason: readReason(error, code) }
  }
  try {
    return readResult(result, records.length)
  } catch (error) {
    // The outcome is not `failed`: the write has succeeded, so a retry would store the records twice.
    return { kind: 'unknown', error, reason: 'The result of the write cannot be read.' }
  }
}

function readResult(result: WriteResult | undefined, length: number): WriteOutcome {
  const held = readHeld(result?.held, length)
  const unknown = clampCount(result?.unknown, length - held.length)
  const refused = clampCount(result?.refused, length - held.length - unknown)
  const reason: unknown = result?.reason
  return { kind: 'taken', refused, unknown, held, reason: typeof reason === 'string' ? reason : '' }
}

function clampCount(value: unknown, max: number): number {
  return Number.isInteger(value) ? Math.min(Math.max(Number(value), 0), max) : 0
}

function readHeld(held: unknown, length: number): readonly number[] {
  if (!Array.isArray(held)) return []
  const positions = held.filter(at => Number.isInteger(at) && at >= 0 && at < length)
  return [...new Set<number>(positions)].sort((a, b) => a - b)
}

/**
 * Returns the message of one of this project's own errors, which contains no secrets. For any other error, returns only
 * the code, because its message may contain secrets.
 */
function readReason(error: unknown, code: unknown): string {
  try {
    return error instanceof OsprofilerError ? error.message : String(code ?? 'The error has no code.')
  } catch {
    return 'The error cannot be read.'
  }
}

/** Compares the code, not the class, because a process with two copies of this package has two error classes. */
function readCode(error: unknown): unknown {
  try {
    return (error as { code?: unknown } | null | undefined)?.code
  } catch {
    return undefined
  }
}
