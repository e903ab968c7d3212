import { createTraceId, run, setNotifier, signedUnpack, type TraceRecord, type UnpackedTrace } from '@osprofiler/core'
import type { Arrived } from './origin-server.js'

export const KEY = 'SECRET'

/** The longest time that `until` waits. Any step may be slow on a busy machine. */
const MAX_WAIT_MS = 30_000

let collected: readonly TraceRecord[] = []

/** Collects all records from this call on. */
export function collect(): TraceRecord[] {
  const records: TraceRecord[] = []
  collected = records
  setNotifier(record => void records.push(record))
  return records
}

/** Runs a function in a new trace. Resolves to the function's result and the trace's base id. */
export async function inTrace<T>(fn: () => Promise<T>): Promise<{ baseId: string; result: T }> {
  const baseId = createTraceId()
  return { baseId, result: await run({ hmacKey: KEY, baseId }, fn) }
}

/** Returns the only record with this name. Throws unless there is exactly one such record. */
export function only(records: readonly TraceRecord[], name: string): TraceRecord {
  const [record, ...more] = records.filter(one => one.name === name)
  if (record === undefined || more.length > 0) {
    throw new Error(
      `Found ${more.length + (record ? 1 : 0)} records named ${name} in: ${records.map(one => one.name).join(' ')}`,
    )
  }
  return record
}

/** Waits until the only outgoing request in these records has ended. Resolves to its duration in milliseconds. */
export async function durationOf(records: readonly TraceRecord[]): Promise<number> {
  await until(() => records.some(({ name }) => name === 'http-stop'))
  const [start, stop] = [only(records, 'http-start'), only(records, 'http-stop')]
  return Date.parse(`${stop.timestamp}Z`) - Date.parse(`${start.timestamp}Z`)
}

/** Returns the trace in a request's headers, or `undefined` if there is none. Throws if the signature is wrong. */
export function carried({ headers }: Arrived): UnpackedTrace | undefined {
  const info = headers['x-trace-info']
  const hmac = headers['x-trace-hmac']
  if (info === undefined && hmac === undefined) return undefined
  const unpacked = signedUnpack(String(info), String(hmac), [KEY])
  if (unpacked === undefined) throw new Error('The headers do not verify')
  return unpacked
}

/**
 * Resolves when `condition` returns true. An error counts as false. Rejects after half a minute, with the last value or
 * error and the names of the recorded points.
 */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + MAX_WAIT_MS
  for (;;) {
    let last: unknown
    try {
      last = condition()
    } catch (error) {
      last = error
    }
    if (last === true) return
    if (performance.now() > end) {
      const names = collected.map(({ name }) => name).join(' ')
      throw new Error(`${condition} never returned true, but ${last}. Recorded: ${names}`)
    }
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
