import { Map, Math } from '../../platform/platform.js'
import type { Collection, Entry, Section } from '../recording/recording.js'
import type { AddPiece, Cause, Site } from './cause.js'
import type { SampledPeriods } from './sampled-periods.js'
import type { Ran } from './samples.js'

const GC_KINDS: ReadonlyMap<number, string> = new Map([
  [1, 'scavenge'],
  [2, 'minor mark-sweep'],
  [4, 'mark-sweep'],
  [8, 'incremental marking'],
  [16, 'weak callbacks'],
])

/**
 * Returns a function that divides a section, in which code of the request ran, among the functions that ran.
 *
 * @param collections the garbage collections, in order of time
 * @param siteOf returns where a resource was created
 */
export function createSectionDivider(
  collections: readonly Collection[],
  periods: SampledPeriods,
  siteOf: (entry: Entry) => Site,
  put: AddPiece,
): (section: Section) => void {
  /**
   * Returns the cause for a sample of the request. If only Node's own code is on the stack, the cause is the code that
   * created the async resource whose callback runs.
   */
  function nameOwnCause({ kind, cause, isNode }: Ran, entry: Entry, running: Site): Cause {
    if (kind === 'gc') return { kind: 'gc', ...running }
    if (kind !== 'code' || cause === undefined) return { kind: 'native', ...running }
    return isNode ? { kind: 'native', what: cause.function, ...siteOf(entry) } : cause
  }

  /** Adds a period in which code of the request ran. Garbage collections in this period become periods of their own. */
  function putOwn(from: number, to: number, cause: Cause, running: Site): void {
    let left = from
    for (const { from: gcFrom, to: gcTo, kind } of collections) {
      if (gcTo <= left || gcFrom >= to) continue
      put(left, Math.max(left, gcFrom), cause)
      put(Math.max(left, gcFrom), Math.min(gcTo, to), { kind: 'gc', what: GC_KINDS.get(kind), ...running })
      left = Math.min(gcTo, to)
    }
    put(left, to, cause)
  }

  return ({ from, to, entry }) => {
    const sampled = periods.divide(from, to, ({ kind }) => kind !== 'idle')
    let running = siteOf(entry)
    if (sampled.length === 0) return putOwn(from, to, { kind: 'short', ...running }, running)
    for (const { from: left, to: right, ran } of sampled) {
      if (ran.kind === 'code') ran.own++
      if (ran.kind === 'code' && !ran.isNode && ran.cause?.file !== undefined) running = toSite(ran.cause)
      putOwn(left, right, nameOwnCause(ran, entry, running), running)
    }
  }
}

function toSite({ function: name, file, line }: Cause): Site {
  return { function: name, file, line }
}
