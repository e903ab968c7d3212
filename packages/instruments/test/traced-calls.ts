import { createTraceId, run, setNotifier, signedUnpack, type TraceRecord, type UnpackedTrace } from '@osprofiler/core'
import type { Arrived } from './origin-server.js'

export const KEY = 'SECRET'

/** Collects what is recorded from here on. */
export function collect(): TraceRecord[] {
  const records: TraceRecord[] = []
  setNotifier(record => void records.push(record))
  return records
}

/** Runs a function in a trace of its own, and says which. */
export async function inTrace<T>(fn: () => Promise<T>): Promise<{ baseId: string; result: T }> {
  const baseId = createTraceId()
  return { baseId, result: await run({ hmacKey: KEY, baseId }, fn) }
}

/** The record of this name, of which there must be one. */
export function only(records: readonly TraceRecord[], name: string): TraceRecord {
  const [record, ...more] = records.filter(one => one.name === name)
  if (record === undefined || more.length > 0) {
    throw new Error(`${more.length + (record ? 1 : 0)} records ${name} in ${records.map(one => one.name).join(' ')}`)
  }
  return record
}

/** The trace that a request carried, its signature checked; `undefined` where it carried none. */
export function carried({ headers }: Arrived): UnpackedTrace | undefined {
  const info = headers['x-trace-info']
  const hmac = headers['x-trace-hmac']
  if (info === undefined && hmac === undefined) return undefined
  const unpacked = signedUnpack(String(info), String(hmac), [KEY])
  if (unpacked === undefined) throw new Error('The headers do not verify')
  return unpacked
}

/** Resolves when `condition` holds; rejects after two seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 2_000
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Never came: ${condition}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
