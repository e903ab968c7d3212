import { Map, Math, Object, Set } from '../../platform/platform.js'
import type { Entry, Recording, Section } from '../recording/recording.js'
import type { Cause, CauseKind, Piece, Site } from './cause.js'
import type { Ran, Samples } from './samples.js'
import type { Slices } from './slices.js'
import { findFirst, findFirstBy } from './sorted.js'
import { readThreadPool } from './thread-pool.js'

/** Maps the type of an `async_hooks` resource to the name of the wait. */
const WAITS: Readonly<Record<string, string>> = {
  ...nameAll('fs', 'FSREQCALLBACK', 'FSREQPROMISE', 'FILEHANDLECLOSEREQ', 'FILEHANDLE', 'FSEVENTWRAP', 'DIRHANDLE'),
  ...nameAll('fs', 'BLOBREADER', 'STATWATCHER'),
  ...nameAll('dns', 'GETADDRINFOREQWRAP', 'GETNAMEINFOREQWRAP', 'QUERYWRAP'),
  ...nameAll('zlib', 'ZLIB'),
  ...nameAll('crypto', 'PBKDF2REQUEST', 'SCRYPTREQUEST', 'RANDOMBYTESREQUEST', 'RANDOMPRIMEREQUEST', 'HASHREQUEST'),
  ...nameAll('crypto', 'SIGNREQUEST', 'VERIFYREQUEST', 'CIPHERREQUEST', 'KEYGENREQUEST', 'KEYPAIRGENREQUEST'),
  ...nameAll('crypto', 'DERIVEBITSREQUEST', 'HKDFREQUEST'),
  ...nameAll('network', 'TCPCONNECTWRAP', 'TCPWRAP', 'TLSWRAP', 'WRITEWRAP', 'SHUTDOWNWRAP', 'PIPECONNECTWRAP'),
  ...nameAll('network', 'PIPEWRAP', 'UDPSENDWRAP', 'HTTPCLIENTREQUEST', 'STREAMPIPE', 'HTTP2SESSION', 'HTTP2STREAM'),
  ...nameAll('request body', 'HTTPINCOMINGMESSAGE'),
  ...nameAll('timer', 'Timeout'),
  ...nameAll('setImmediate', 'Immediate'),
  ...nameAll('child process', 'PROCESSWRAP'),
  ...nameAll('worker', 'WORKER', 'MESSAGEPORT'),
  ...nameAll('promise', 'PROMISE'),
  ...nameAll('callback', 'CALLBACK'),
}

function nameAll(what: string, ...types: readonly string[]): Record<string, string> {
  return Object.fromEntries(types.map(type => [type, what]))
}

/** Types of resources that are ready to run as soon as they are created. */
const READY_AT_ONCE = new Set(['TickObject', 'Immediate', 'Microtask'])
const POOL_WORK = new Set(['crypto', 'zlib'])
const MAY_QUEUE_IN_POOL = new Set(['fs', 'dns'])
/** Timers count in whole milliseconds, so a timer may fire this much later than it is due. */
const TIMER_TOLERANCE_MS = 2
/** A wait for the event loop that is shorter than this cannot be distinguished from the wait before it. */
const MIN_HELD_MS = 0.5
const TINY_MS = 1e-6
/**
 * The sampler waits until calls into the kernel return. If two samples are more than this many intervals apart, such a
 * call has delayed the second sample.
 */
const LATE_INTERVALS = 2.5

const GC_KINDS: ReadonlyMap<number, string> = new Map([
  [1, 'scavenge'],
  [2, 'minor mark-sweep'],
  [4, 'mark-sweep'],
  [8, 'incremental marking'],
  [16, 'weak callbacks'],
])

/**
 * Divides the time of a request among causes. First, divides the sections, which are the periods in which code of the
 * request ran. Then explains the time between sections, backwards from the end: from each section to the event that
 * made the section run.
 *
 * @param siteOf returns where a resource was created
 */
export async function divideTime(
  recording: Recording,
  samples: Samples,
  siteOf: (entry: Entry) => Site,
  slices: Slices,
): Promise<Piece[]> {
  const { startedAt: start, endedAt: end, turnEnds, pollEnds, sampleMs, isCut } = recording
  const sections = readSections(recording)
  const lastRuns = findLastRuns(sections)
  const collections = recording.collections
    .filter(({ from, to }) => to > start && from < end)
    .toSorted((one, other) => one.from - other.from)
  const pool = readThreadPool(recording.poolEvents, recording.monotonicOffset)
  const pieces: Piece[] = []
  /** The periods between sections that already have a cause, in order of time. No period gets a second cause. */
  const explained: { readonly from: number; readonly to: number }[] = []

  for (const section of sections) {
    await slices.next()
    divideSection(section)
  }
  await explainWaits()
  return fillRest(pieces, start, end)

  function put(from: number, to: number, cause: Cause): void {
    if (to > from) pieces.push({ from, to, cause })
  }

  /**
   * Each sample stands for a period. Returns the time at which the period of one sample ends and the period of the next
   * sample begins, usually halfway between the samples. A call into the kernel may have delayed the next sample. That
   * sample shows the call, so its period includes the whole delay.
   */
  function findEdge(at: number, next: number): number {
    return next - at > LATE_INTERVALS * sampleMs ? at + sampleMs / 2 : (at + next) / 2
  }

  function listSamples(from: number, to: number): number[] {
    const listed: number[] = []
    for (let at = findFirst(samples.times, from); (samples.times[at] ?? to) < to; at++) listed.push(at)
    return listed
  }

  function divideSection({ from, to, entry }: Section): void {
    const listed = listSamples(from, to).filter(at => samples.ran[at]?.kind !== 'idle')
    let running = siteOf(entry)
    if (listed.length === 0) return putOwn(from, to, { kind: 'short', ...running }, running)
    let left = from
    for (const [index, at] of listed.entries()) {
      const next = listed[index + 1]
      const right = next === undefined ? to : findEdge(samples.times[at] ?? to, samples.times[next] ?? to)
      const ran = samples.ran[at]
      if (ran === undefined) continue
      if (ran.kind === 'code') ran.own++
      if (ran.kind === 'code' && !ran.isNode && ran.cause?.file !== undefined) running = toSite(ran.cause)
      putOwn(left, right, nameOwnCause(ran, entry, running), running)
      left = right
    }
  }

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

  async function explainWaits(): Promise<void> {
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
  }

  /** Explains why a section did not run earlier. Returns the time from which the search continues backwards. */
  function explainSection({ entry, from: ran, readyAt }: Section): number {
    if (entry.type === 'HTTPINCOMINGMESSAGE' && ran <= start + TINY_MS) return start - 1
    const began = entry.type === 'PROMISE' ? entry.initAt : (lastRuns.get(entry, ran) ?? entry.initAt)
    const site = siteOf(entry)
    if (entry.type === 'PROMISE') return explainPromise(began, ran, readyAt, site)
    if (READY_AT_ONCE.has(entry.type)) explain(began, ran, undefined)
    else explainResource(entry, began, ran, { kind: 'wait', what: WAITS[entry.type] ?? 'unknown', ...site })
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
    const idle = findLastIdle(turnStart, ran)
    const polled = pollEnds[findFirst(pollEnds, turnStart)]
    let latest = idle ?? polled ?? ran
    let earliest = idle ?? findLastIdle(previousStart, turnStart) ?? previousStart
    latest = Math.min(Math.max(latest, began), ran)
    earliest = Math.min(Math.max(earliest, began), latest)
    if (ran - latest < MIN_HELD_MS) latest = ran
    if (latest - earliest < MIN_HELD_MS) earliest = latest
    return { earliest, latest }
  }

  function findLastIdle(from: number, to: number): number | undefined {
    for (let at = findFirst(samples.times, to) - 1; (samples.times[at] ?? from) > from; at--) {
      if (samples.ran[at]?.kind === 'idle') return samples.times[at]
    }
    return undefined
  }

  /**
   * Assigns a cause to a period, except for the sections in this period. If `cause` is undefined, the request was ready
   * to run, but other code ran.
   */
  function explain(from: number, to: number, cause: Cause | undefined): void {
    let left = from
    const first = Math.max(0, findFirstBy(sections, from, section => section.from) - 1)
    for (let at = first; at < sections.length && left < to; at++) {
      const section = sections[at]
      if (section === undefined || section.from >= to) break
      if (section.to <= left) continue
      explainGap(left, Math.min(section.from, to), cause)
      left = Math.max(left, section.to)
    }
    explainGap(left, to, cause)
  }

  function explainGap(from: number, to: number, cause: Cause | undefined): void {
    if (to <= from) return
    const at = findFirstBy(explained, to, other => other.from)
    const other = explained[at - 1]
    if (other !== undefined && other.to > from) {
      explainGap(Math.max(other.to, from), to, cause)
      explainGap(from, other.from, cause)
      return
    }
    explained.splice(at, 0, { from, to })
    if (cause?.kind === 'wait' || cause?.kind === 'pool') put(from, to, cause)
    else putHeld(from, to, cause)
  }

  /**
   * Adds a period in which other code occupied the event loop, or may have occupied it. The samples show which code
   * ran.
   */
  function putHeld(from: number, to: number, cause: Cause | undefined): void {
    const kind: CauseKind = cause === undefined ? 'held' : cause.kind
    const unsampled: Cause = cause === undefined ? { kind: 'held' } : { ...cause, kind: 'wait' }
    // Without samples, it is unknown whether other code ran.
    if (samples.times.length === 0) return put(from, to, cause ?? unsampled)
    let left = from
    for (const at of listSamples(from, to)) {
      const next = samples.times[at + 1]
      const right = next === undefined || next >= to ? to : findEdge(samples.times[at] ?? to, next)
      const ran = samples.ran[at]
      const isIdle = ran === undefined || ran.kind === 'idle' || (ran.kind === 'native' && cause !== undefined)
      put(left, right, isIdle ? unsampled : { ...cause, kind, ...nameHolder(ran) })
      left = right
    }
    put(left, to, unsampled)
  }
}

function nameHolder({ kind, cause, isNode }: Ran): Pick<Cause, 'by' | 'byFile' | 'byLine'> {
  if (kind === 'gc') return { by: 'garbage collection' }
  if (cause?.kind === 'osprofiler') return { by: 'osprofiler' }
  if (isNode || cause === undefined) return { by: 'Node.js' }
  return { by: cause.function, byFile: cause.file, byLine: cause.line }
}

function toSite({ function: name, file, line }: Cause): Site {
  return { function: name, file, line }
}

/** Returns the sections of the recorded time, in order. */
function readSections({ sections, startedAt, endedAt }: Recording): readonly Section[] {
  return sections
    .filter(({ from, to }) => to > startedAt && from < endedAt && to > from)
    .map(section => ({
      ...section,
      from: Math.max(section.from, startedAt),
      to: Math.min(section.to, endedAt),
    }))
    .sort((one, other) => one.from - other.from)
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

/** Fills each gap between the pieces with a piece whose cause is unknown. Cuts off the overlaps of pieces. */
function fillRest(pieces: readonly Piece[], start: number, end: number): Piece[] {
  const filled: Piece[] = []
  let reached = start
  for (const { from, to, cause } of pieces.toSorted((one, other) => one.from - other.from)) {
    if (from > reached + TINY_MS) filled.push({ from: reached, to: from, cause: { kind: 'unknown' } })
    const left = Math.max(from, reached)
    if (to > left) filled.push({ from: left, to, cause })
    reached = Math.max(reached, to)
  }
  if (end > reached + TINY_MS) filled.push({ from: reached, to: end, cause: { kind: 'unknown' } })
  return filled
}
