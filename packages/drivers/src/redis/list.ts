import { OsprofilerError, type TraceSummary } from '@osprofiler/core'
import { Map } from '@osprofiler/core/toolkit'
import { latestBelievedTime } from '../listing/latest-believed-time.js'
import { isSelected, type Selection } from '../listing/trace-query.js'
import { createTally, sortNewestFirst, type TraceTally } from '../listing/trace-tally.js'
import { isObject, parse } from '../records/record-text.js'
import { FAILURES, RECORDS, scanKeys } from './keys.js'
import type { LegacyKeys } from './legacy-keys.js'
import type { RedisCommand, RedisReply } from './link.js'
import { readList, readLists } from './read.js'
import type { RedisRoute } from './route.js'

/** A trace of which it is only known that it began at this time or before. */
interface Candidate {
  readonly baseId: string
  readonly timestamp: string
}

/** So many of the newest are remembered; further ones would fill the memory. */
const MAX_CANDIDATES = 100_000
const TRACES_AT_ONCE = 20

/**
 * The newest traces. Redis has no order of traces: each key is looked at once, for the record that came first, which
 * bounds when its trace began. Then traces are read whole, the newest bound first, until no other can be newer.
 */
export async function listTraces(
  route: RedisRoute,
  legacy: LegacyKeys,
  selection: Selection,
  failed: boolean,
): Promise<TraceSummary[]> {
  const { limit, since } = selection
  const found = failed ? [] : await listLegacy(legacy, selection)
  const { candidates, wereAll } = await findCandidates(route, failed, since)
  if (!wereAll && limit > MAX_CANDIDATES) throw tooMany()
  for (let at = 0; at < candidates.length; at += TRACES_AT_ONCE) {
    if (countSince(found, candidates[at]?.timestamp ?? '') >= limit) break
    const summaries = await summarise(route, candidates.slice(at, at + TRACES_AT_ONCE))
    found.push(...summaries.filter(summary => isSelected(summary, selection)))
  }
  if (!wereAll && countSince(found, candidates.at(-1)?.timestamp ?? '') < limit) throw tooMany()
  return sortNewestFirst(found).slice(0, limit)
}

/** Sums up a trace, by all of its records. */
export async function tallyTrace(route: RedisRoute, baseId: string): Promise<TraceTally> {
  const tally = createTally()
  for await (const records of readList(route, `${RECORDS}${baseId}`)) for (const record of records) tally.add(record)
  return tally
}

async function summarise(route: RedisRoute, candidates: readonly Candidate[]): Promise<TraceSummary[]> {
  const tallies = new Map(candidates.map(({ baseId }) => [`${RECORDS}${baseId}`, createTally()]))
  await readLists(route, [...tallies.keys()], (key, records) => {
    for (const record of records) tallies.get(key)?.add(record)
  })
  return [...tallies.values()].flatMap(({ summary }) => summary ?? [])
}

function tooMany(): OsprofilerError {
  return new OsprofilerError(
    'ERR_STORE',
    `More than ${MAX_CANDIDATES} traces would have to be looked at. Ask for fewer of them, or for younger ones.`,
  )
}

async function listLegacy(legacy: LegacyKeys, selection: Selection): Promise<TraceSummary[]> {
  const tallies = new Map<string, TraceTally>()
  for await (const records of legacy.read()) {
    for (const record of records) {
      const tally = tallies.get(record.base_id) ?? createTally()
      tallies.set(record.base_id, tally)
      tally.add(record)
    }
  }
  const summaries = [...tallies.values()].flatMap(({ summary }) => summary ?? [])
  return summaries.filter(summary => isSelected(summary, selection))
}

/** The traces that may have begun since then, newest bound first. */
async function findCandidates(
  route: RedisRoute,
  failed: boolean,
  since: string,
): Promise<{ readonly candidates: readonly Candidate[]; readonly wereAll: boolean }> {
  const prefix = failed ? FAILURES : RECORDS
  let candidates = new Map<string, Candidate>()
  let wereAll = true
  for await (const { link, keys } of scanKeys(route, prefix)) {
    const replies = await link.send(keys.map((key): RedisCommand => (failed ? ['get', key] : ['lindex', key, -1])))
    for (const [index, key] of keys.entries()) {
      const timestamp = readTimestamp(replies[index])
      const baseId = key.slice(prefix.length)
      if (timestamp !== undefined && timestamp >= since) candidates.set(baseId, { baseId, timestamp })
    }
    if (candidates.size <= 2 * MAX_CANDIDATES) continue
    candidates = new Map(newest(candidates).map(candidate => [candidate.baseId, candidate]))
    wereAll = false
  }
  if (candidates.size > MAX_CANDIDATES) wereAll = false
  return { candidates: newest(candidates), wereAll }
}

function newest(candidates: ReadonlyMap<string, Candidate>): Candidate[] {
  return sortNewestFirst([...candidates.values()]).slice(0, MAX_CANDIDATES)
}

/**
 * Undefined where the key is gone, or somebody else's. Of a record that cannot be read, the time that is believed at most:
 * the trace is read whole, and the other records tell.
 */
function readTimestamp(reply: RedisReply | undefined): string | undefined {
  if (reply?.outcome === 'lost') throw reply.error
  if (reply?.outcome !== 'done' || typeof reply.value !== 'string') return undefined
  const value = parse(reply.value)
  return isObject(value) && typeof value.timestamp === 'string' ? value.timestamp : latestBelievedTime()
}

/** How many traces stand before one of that time, in a list. */
function countSince(traces: readonly TraceSummary[], timestamp: string): number {
  const latest = latestBelievedTime()
  let count = 0
  for (const trace of traces) {
    const isBelieved = trace.timestamp <= latest
    if (trace.timestamp >= timestamp ? isBelieved || timestamp > latest : isBelieved && timestamp > latest) count++
  }
  return count
}
