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

/** Sums up a trace, by all of its records. */
export async function tallyTrace(route: RedisRoute, baseId: string): Promise<TraceTally> {
  const tally = createTally()
  for await (const records of readList(route, `${RECORDS}${baseId}`)) for (const record of records) tally.add(record)
  return tally
}

/** The tallies of traces without lists. */
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
