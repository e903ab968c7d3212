import { Number, Set } from '@osprofiler/core/toolkit'
import { getLatestPlausibleTimestamp } from '../listing/latest-plausible-timestamp.js'
import { isObject, parse } from '../records/record-text.js'
import { FAILURES_PREFIX, RECORDS_PREFIX, scanKeys } from './keys.js'
import type { LegacyKeys } from './legacy-keys.js'
import type { RedisCommand } from './link.js'
import { tallyLegacy, tallyTrace } from './list.js'
import { type RedisRoute, toValues } from './route.js'

/** Removes a trace from both layouts, and resolves to the number of its records. */
export async function deleteTrace(route: RedisRoute, legacy: LegacyKeys, baseId: string): Promise<number> {
  const key = `${RECORDS_PREFIX}${baseId}`
  const [length] = toValues(await route.send([{ key, command: ['llen', key] }]))
  await deleteKeys(route, baseId, key)
  return Number(length) + (await legacy.remove(new Set([baseId])))
}

/**
 * Removes the traces whose records are all older than `before`, from both layouts. Resolves to the number of traces.
 */
export async function pruneTraces(route: RedisRoute, legacy: LegacyKeys, before: string): Promise<number> {
  let pruned = 0
  for await (const { link, keys } of scanKeys(route, RECORDS_PREFIX)) {
    // In most traces, the record that arrived last is the newest. If this record is not older than `before`, the trace
    // is kept without reading its other records.
    const heads = await link.send(keys.map((key): RedisCommand => ['lindex', key, 0]))
    for (const [index, key] of keys.entries()) {
      const reply = heads[index]
      if (reply?.outcome === 'lost') throw reply.error
      if (reply?.outcome !== 'done' || isYoung(reply.value, before)) continue
      if (await pruneTrace(route, key.slice(RECORDS_PREFIX.length), before)) pruned++
    }
  }
  return pruned + (await pruneLegacy(legacy, before))
}

async function pruneTrace(route: RedisRoute, baseId: string, before: string): Promise<boolean> {
  const key = `${RECORDS_PREFIX}${baseId}`
  const [length] = toValues(await route.send([{ key, command: ['llen', key] }]))
  const { summary, newest } = await tallyTrace(route, baseId)
  // A list that contains no record belongs to another program.
  if (summary === undefined || newest >= before) return false
  // Removes only the records that were read. Records that were pushed after the reading are kept.
  const [, left] = toValues(
    await route.send([
      { key, command: ['ltrim', key, 0, -(Number(length) + 1)] },
      { key, command: ['exists', key] },
    ]),
  )
  if (left === 0) await deleteKeys(route, baseId)
  return left === 0
}

async function pruneLegacy(legacy: LegacyKeys, before: string): Promise<number> {
  const tallies = await tallyLegacy(legacy)
  const stale = new Set([...tallies].filter(([, { newest }]) => newest < before).map(([baseId]) => baseId))
  if (stale.size > 0) await legacy.remove(stale)
  return stale.size
}

async function deleteKeys(route: RedisRoute, baseId: string, ...keys: readonly string[]): Promise<void> {
  const allKeys = [...keys, `${FAILURES_PREFIX}${baseId}`]
  toValues(await route.send(allKeys.map(key => ({ key, command: ['del', key] }))))
}

function isYoung(line: unknown, before: string): boolean {
  const value = typeof line === 'string' ? parse(line) : undefined
  return (
    isObject(value) &&
    typeof value.timestamp === 'string' &&
    value.timestamp >= before &&
    value.timestamp <= getLatestPlausibleTimestamp()
  )
}
