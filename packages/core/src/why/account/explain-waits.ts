import { Map, Math } from '../../platform/platform.js'
import type { Entry, Recording, Section } from '../recording/recording.js'
import type { Cause, Site } from './cause.js'
import type { ExplainGaps } from './explain-gaps.js'
import { MAY_QUEUE_IN_POOL, nameWait, POOL_WORK, READY_AT_ONCE } from './resource-waits.js'
import type { SampledPeriods } from './sampled-periods.js'
import type { Slices } from './slices.js'
import { findFirst, findFirstBy, TINY_MS } from './sorted.js'
import { readThreadPool } from './thread-pool.js'

/** Timers count in whole milliseconds, so a timer may fire this much later than it is due. */
const TIMER_TOLERANCE_MS = 2
/** A wait for the event loop that is shorter than this cannot be distinguished from the wait before it. */
const MIN_HELD_MS = 0.5

/**
 * Explains the time between sections, backwards from the end: from each section to the event that made the section run.
 *
 * @param sections the periods in which code of the request ran, in order of time
 * @param siteOf returns where a resource was created
 */
export async function explainWaits(
  recording: Recording,
  sections: readonly Section[],
  periods: SampledPeriods,
  siteOf: (entry: Entry) => Site,
  explain: ExplainGaps,
  slices: Slices,
): Promise<void> {
  const { startedAt: start, endedAt: end, turnEnds, pollEnds, isCut } = recording
  const lastRuns = findLastRuns(sections)
  const pool = readThreadPool(recording.poolEvents, recording.monotonicOffset)
  let reached = end
  while (reached > start + TINY_MS) {
    await slices.next()
    const section = sections[findFirstBy(sections, reached, ({ from }) => from) - 1]
    if (section === undefined) break
    if (section.to < reached - TINY_MS) {
      // The request ended after its last section, for example when the last byte was written. If the recording was
      // cut, the cause of this wait is unknown, because the waiting code ran only after the recording.
      if (!isCut) explain(section.to, reached, { kind: 'wait', what: 'end of response', ...siteOf(section.entry) })
      reached = section.to
      continue
    }
    const before = explainSection(section)
    reached = before < reached - TINY_MS ? before : section.from - TINY_MS
  }

  /** Explains why a section did not run earlier. Returns the time from which the search continues backwards. */
  function explainSection({ entry, from: ran, readyAt }: Section): number {
    if (entry.type === 'HTTPINCOMINGMESSAGE' && ran <= start + TINY_MS) return start - 1
    const began = entry.type === 'PROMISE' ? entry.initAt : (lastRuns.get(entry, ran) ?? entry.initAt)
    const site = siteOf(entry)
    if (entry.type === 'PROMISE') return explainPromise(began, ran, readyAt, site)
    if (READY_AT_ONCE.has(entry.type)) explain(began, ran, undefined)
    else explainResource(entry, began, ran, { kind: 'wait', what: nameWait(entry.type), ...site })
    return began
  }

  function explainPromise(began: number, ran: number, readyAt: number | undefined, site: Site): number {
    const wait: Cause = { kind: 'wait', what: 'promise', ...site }
    if (readyAt === undefined || readyAt > ran) {
      explain(began, ran, wait)
      return began
    }
    const ready = Math.max(readyAt, began)
    explain(ready, ran, undefined)
    const settling = sections[findFirstBy(sections, readyAt + TINY_MS, ({ from }) => from) - 1]
    // If code of the request settled the promise, the search continues with the reason why that code did not run
    // earlier.
    if (readyAt <= began || (settling !== undefined && settling.to >= readyAt - TINY_MS)) return ready
    explain(began, ready, wait)
    return began
  }

  function explainResource(entry: Entry, began: number, ran: number, wait: Cause): void {
    if (entry.type === 'Timeout' && entry.delayMs !== undefined && entry.delayMs > 0) {
      const due = began + entry.delayMs
      const late = ran - due > TIMER_TOLERANCE_MS ? due + 1 : ran
      explain(began, late, wait)
      explain(late, ran, undefined)
      return
    }
    const work = POOL_WORK.has(wait.what ?? '') ? pool.findCalled(ran) : undefined
    if (work !== undefined && work.queuedAt >= began - 1) {
      const by = pool.describeWork((work.queuedAt + work.takenAt) / 2, work)
      explain(began, work.takenAt, { ...wait, kind: 'pool', by })
      explain(work.takenAt, work.doneAt, wait)
      explain(work.doneAt, ran, undefined)
      return
    }
    const full = MAY_QUEUE_IN_POOL.has(wait.what ?? '') ? pool.fullUntil(began) : undefined
    if (full !== undefined) {
      const until = Math.min(full, ran)
      explain(began, until, { ...wait, kind: 'pool', by: pool.describeWork(began) })
      explain(until, ran, wait)
      return
    }
    const { earliest, latest } = boundReadiness(began, ran)
    explain(began, earliest, wait)
    explain(earliest, latest, { ...wait, kind: 'either' })
    explain(latest, ran, undefined)
  }

  /**
   * Returns the earliest and the latest time at which an event may have become ready. The event was dispatched at
   * `ran`. It was not ready when the event loop returned from waiting in the previous turn, but was ready when the loop
   * returned in this turn.
   */
  function boundReadiness(began: number, ran: number): { readonly earliest: number; readonly latest: number } {
    const turn = findFirst(turnEnds, ran) - 1
    const turnStart = turnEnds[turn] ?? start
    const previousStart = turnEnds[turn - 1] ?? start
    const idle = periods.findLastIdle(turnStart, ran)
    const polled = pollEnds[findFirst(pollEnds, turnStart)]
    let latest = idle ?? polled ?? ran
    let earliest = idle ?? periods.findLastIdle(previousStart, turnStart) ?? previousStart
    latest = Math.min(Math.max(latest, began), ran)
    earliest = Math.min(Math.max(earliest, began), latest)
    if (ran - latest < MIN_HELD_MS) latest = ran
    if (latest - earliest < MIN_HELD_MS) earliest = latest
    return { earliest, latest }
  }
}

interface LastRuns {
  /** Returns the end of the resource's last section that began before `ran`. */
  get(entry: Entry, ran: number): number | undefined
}

function findLastRuns(sections: readonly Section[]): LastRuns {
  const ends = new Map<Entry, { readonly from: number; readonly to: number }[]>()
  for (const { entry, from, to } of sections) {
    const list = ends.get(entry)
    if (list === undefined) ends.set(entry, [{ from, to }])
    else list.push({ from, to })
  }
  return { get: (entry, ran) => ends.get(entry)?.findLast(({ from }) => from < ran)?.to }
}
