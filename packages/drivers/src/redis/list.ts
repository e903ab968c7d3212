import { OsprofilerError, type TraceSummary } from '@osprofiler/core'
import { Map } from '@osprofiler/core/toolkit'
import { getLatestPlausibleTimestamp } from '../listing/latest-plausible-timestamp.js'
import { collectNewest, type TimeRange, type TracePage } from '../listing/newest-traces.js'
import type { Selection } from '../listing/trace-query.js'
import { addToTally, createTally, sortNewestFirst, type TraceTally } from '../listing/trace-tally.js'
import { isObject, parse } from '../records/record-text.js'
import { FAILURES_PREFIX, RECORDS_PREFIX, scanKeys } from './keys.js'
import type { LegacyKeys } from './legacy-keys.js'
import type { RedisCommand, RedisReply } from './link.js'
import { readList, readLists } from './read.js'
import type { RedisRoute } from './route.js'

/** A trace that may belong in a list. The trace began at `timestamp` or earlier. */
interface Candidate {
  readonly baseId: string
  readonly timestamp: string
}

/** Maximum number of candidates in memory. Above this number, only the newest candidates are kept. */
const MAX_CANDIDATES = 100_000
const PAGE_TRACES = 20

/**
 * Lists the newest traces. Redis does not sort traces. Therefore the record that arrived first is read for each trace.
 * The trace began at the time of this record or earlier. Then whole traces are read, starting with the trace whose
 * first record is the latest. The reading ends when no unread trace can be newer than the listed traces.
 */
export async function listTraces(
  route: RedisRoute,
  legacy: LegacyKeys,
  selection: Selection,
  failedOnly: boolean,
): Promise<TraceSummary[]> {
  const legacyTallies = failedOnly ? new Map<string, TraceTally>() : await tallyLegacy(legacy)
  const { candidates, isComplete } = await findCandidates(route, failedOnly, selection.since)
  if (!isComplete && selection.limit > MAX_CANDIDATES) throw createTooManyTracesError()

  async function* pages(part: TimeRange): AsyncGenerator<TracePage> {
    if ('upTo' in part) yield { baseIds: legacyTallies.keys(), reached: part.upTo }
    const matching = candidates.filter(({ timestamp }) =>
      'upTo' in part ? timestamp <= part.upTo : timestamp > part.after,
    )
    for (let at = 0; at < matching.length; at += PAGE_TRACES) {
      const page = matching.slice(at, at + PAGE_TRACES)
      yield { baseIds: page.map(({ baseId }) => baseId), reached: page.at(-1)?.timestamp ?? '' }
    }
    if (!isComplete && matching.at(-1) === candidates.at(-1)) throw createTooManyTracesError()
  }

  async function summarizeTraces(baseIds: readonly string[]): Promise<TraceSummary[]> {
    const known = baseIds.flatMap(baseId => legacyTallies.get(baseId)?.summary ?? [])
    const others = baseIds.filter(baseId => !legacyTallies.has(baseId))
    return [...known, ...(await summarizeLists(route, others))]
  }

  return await collectNewest({ pages, summarize: summarizeTraces }, selection)
}

/** Summarizes a trace from all records of its list. Records in the old layout do not count. */
export async function tallyTrace(route: RedisRoute, baseId: string): Promise<TraceTally> {
  const tally = createTally()
  for await (const records of readList(route, `${RECORDS_PREFIX}${baseId}`))
    for (const record of records) tally.add(record)
  return tally
}

/** Summarizes the traces of the old layout. */
export async function tallyLegacy(legacy: LegacyKeys): Promise<Map<string, TraceTally>> {
  const tallies = new Map<string, TraceTally>()
  for await (const records of legacy.read()) for (const record of records) addToTally(tallies, record)
  return tallies
}

async function summarizeLists(route: RedisRoute, baseIds: readonly string[]): Promise<TraceSummary[]> {
  const tallies = new Map(baseIds.map(baseId => [`${RECORDS_PREFIX}${baseId}`, createTally()]))
  await readLists(route, [...tallies.keys()], (key, records) => {
    for (const record of records) tallies.get(key)?.add(record)
  })
  return [...tallies.values()].flatMap(({ summary }) => summary ?? [])
}

function createTooManyTracesError(): OsprofilerError {
  return new OsprofilerError(
    'ERR_STORE',
    `More than ${MAX_CANDIDATES} traces would have to be read. Ask for fewer or newer traces.`,
  )
}

/**
 * Returns the traces that may have begun at `since` or later, sorted by the time of the record that arrived first. The
 * trace with the latest time comes first.
 */
async function findCandidates(
  route: RedisRoute,
  failedOnly: boolean,
  since: string,
): Promise<{ readonly candidates: readonly Candidate[]; readonly isComplete: boolean }> {
  const prefix = failedOnly ? FAILURES_PREFIX : RECORDS_PREFIX
  let candidates = new Map<string, Candidate>()
  let isComplete = true
  for await (const { link, keys } of scanKeys(route, prefix)) {
    const replies = await link.send(keys.map((key): RedisCommand => (failedOnly ? ['get', key] : ['lindex', key, -1])))
    for (const [index, key] of keys.entries()) {
      const timestamp = readTimestamp(replies[index])
      const baseId = key.slice(prefix.length)
      if (timestamp !== undefined && timestamp >= since) candidates.set(baseId, { baseId, timestamp })
    }
    if (candidates.size <= 2 * MAX_CANDIDATES) continue
    candidates = new Map(selectNewest(candidates).map(candidate => [candidate.baseId, candidate]))
    isComplete = false
  }
  if (candidates.size > MAX_CANDIDATES) isComplete = false
  return { candidates: selectNewest(candidates), isComplete }
}

function selectNewest(candidates: ReadonlyMap<string, Candidate>): Candidate[] {
  return sortNewestFirst([...candidates.values()]).slice(0, MAX_CANDIDATES)
}

/**
 * Returns the timestamp of the record in a reply. Returns undefined for a missing key or a key of another program. If
 * the record cannot be read, returns the latest plausible timestamp, so that the whole trace is read.
 */
function readTimestamp(reply: RedisReply | undefined): string | undefined {
  if (reply?.outcome === 'lost') throw reply.error
  if (reply?.outcome !== 'done' || typeof reply.value !== 'string') return undefined
  const value = parse(reply.value)
  return isObject(value) && typeof value.timestamp === 'string' ? value.timestamp : getLatestPlausibleTimestamp()
}
