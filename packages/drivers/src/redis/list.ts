import { OsprofilerError, type TraceSummary } from '@osprofiler/core'
import { Map } from '@osprofiler/core/toolkit'
import { latestBelievedTime } from '../listing/latest-believed-time.js'
import { collectNewest, type TimePart, type TracePage } from '../listing/newest-traces.js'
import type { Selection } from '../listing/trace-query.js'
import { addToTally, createTally, sortNewestFirst, type TraceTally } from '../listing/trace-tally.js'
import { isObject, parse } from '../records/record-text.js'
import { FAILURES, RECORDS, scanKeys } from './keys.js'
import type { LegacyKeys } from './legacy-keys.js'
import type { RedisCommand, RedisReply } from './link.js'
import { readList, readLists } from './read.js'
import type { RedisRoute } from './route.js'

/** A trace that began at `timestamp` or earlier. */
interface Candidate {
  readonly baseId: string
  readonly timestamp: string
}

/** Limits the memory for candidates. The newest ones are kept. */
const MAX_CANDIDATES = 100_000
const TRACES_AT_ONCE = 20

/**
 * Lists the newest traces. Redis does not order traces, so the first record of each trace is read: the trace began then
 * or earlier. After that whole traces are read, latest bound first, until no other trace can be newer.
 */
export async function listTraces(
  route: RedisRoute,
  legacy: LegacyKeys,
  selection: Selection,
  failed: boolean,
): Promise<TraceSummary[]> {
  const old = failed ? new Map<string, TraceTally>() : await tallyLegacy(legacy)
  const { candidates, wereAll } = await findCandidates(route, failed, selection.since)
  if (!wereAll && selection.limit > MAX_CANDIDATES) throw tooMany()

  async function* pages(part: TimePart): AsyncGenerator<TracePage> {
    if ('upTo' in part) yield { baseIds: old.keys(), reached: part.upTo }
    const those = candidates.filter(({ timestamp }) =>
      'upTo' in part ? timestamp <= part.upTo : timestamp > part.after,
    )
    for (let at = 0; at < those.length; at += TRACES_AT_ONCE) {
      const some = those.slice(at, at + TRACES_AT_ONCE)
      yield { baseIds: some.map(({ baseId }) => baseId), reached: some.at(-1)?.timestamp ?? '' }
    }
    if (!wereAll && those.at(-1) === candidates.at(-1)) throw tooMany()
  }

  async function summarise(baseIds: readonly string[]): Promise<TraceSummary[]> {
    const known = baseIds.flatMap(baseId => old.get(baseId)?.summary ?? [])
    const others = baseIds.filter(baseId => !old.has(baseId))
    return [...known, ...(await summariseLists(route, others))]
  }

  return await collectNewest({ pages, summarise }, selection)
}

/** Sums up a trace by all records of its list. Records in the old layout do not count. */
export async function tallyTrace(route: RedisRoute, baseId: string): Promise<TraceTally> {
  const tally = createTally()
  for await (const records of readList(route, `${RECORDS}${baseId}`)) for (const record of records) tally.add(record)
  return tally
}

/** Sums up the traces of the old layout. */
export async function tallyLegacy(legacy: LegacyKeys): Promise<Map<string, TraceTally>> {
  const tallies = new Map<string, TraceTally>()
  for await (const records of legacy.read()) for (const record of records) addToTally(tallies, record)
  return tallies
}

async function summariseLists(route: RedisRoute, baseIds: readonly string[]): Promise<TraceSummary[]> {
  const tallies = new Map(baseIds.map(baseId => [`${RECORDS}${baseId}`, createTally()]))
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

/** Returns the traces that may have begun at `since` or later, latest bound first. */
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

/** Returns undefined for a missing or foreign key. An unreadable record counts as new, so its trace is read whole. */
function readTimestamp(reply: RedisReply | undefined): string | undefined {
  if (reply?.outcome === 'lost') throw reply.error
  if (reply?.outcome !== 'done' || typeof reply.value !== 'string') return undefined
  const value = parse(reply.value)
  return isObject(value) && typeof value.timestamp === 'string' ? value.timestamp : latestBelievedTime()
}
