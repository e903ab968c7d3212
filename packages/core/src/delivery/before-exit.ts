import { clampTimeout } from '../platform/clamp-timeout.js'
import { clearTimeout, Math, Number, performance, process, Set, setTimeout } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'

/** Delivers for at most `timeout` milliseconds. Resolves to whether all could be delivered. */
type Flush = (timeout: number) => Promise<boolean>

interface BeforeExit {
  readonly flushes: Set<Flush>
  readonly cuts: Set<() => void>
  readonly holds: Set<NodeJS.Timeout>
  /** The hold that ended last: in milliseconds, when it ended and how long it was. */
  lastHold: { readonly endedAt: number; readonly length: number }
  /** When the end that was begun last is to be over, and when it was last seen under way. */
  deadline: number
  seenAt: number
  /** The listener. Of several copies of this package, the one of the first. */
  readonly end: () => void
}

/** For so long all stores together put off the natural end of a program. */
const MAX_END_MS = 5_000
/** What of that is left for a flush where a store that hangs has already held up the end. */
const MIN_FLUSH_MS = 1_000
/** A program that lives on for longer than this between two natural ends has work of its own. */
const APART_MS = 1_000

const state = shared<BeforeExit>('natural-end-in-time', () => ({
  flushes: new Set(),
  cuts: new Set(),
  holds: new Set(),
  lastHold: { endedAt: Number.NEGATIVE_INFINITY, length: 0 },
  deadline: Number.NEGATIVE_INFINITY,
  seenAt: Number.NEGATIVE_INFINITY,
  end,
}))

/** Has `flush` called when the process comes to its natural end, until the returned function is called. */
export function flushBeforeExit(flush: Flush): () => void {
  // One listener for all, and only while there is something to deliver: the program can see listeners.
  if (state.flushes.size === 0) process.on('beforeExit', state.end)
  state.flushes.add(flush)
  return () => forget(flush)
}

function forget(flush: Flush): void {
  if (state.flushes.delete(flush) && state.flushes.size === 0) process.off('beforeExit', state.end)
}

/**
 * Has `cut` called when the time of a natural end is over, until the returned function is called. It ends at once what
 * would keep the process alive.
 */
export function cutAtExit(cut: () => void): () => void {
  state.cuts.add(cut)
  return () => state.cuts.delete(cut)
}

/** Keeps the process alive for at most so many milliseconds, or until the returned function is called. */
export function holdProcess(limit: number): () => void {
  const begun = performance.now()
  const left = begun - state.seenAt < APART_MS ? Math.max(0, state.deadline - begun) : limit
  const timer = setTimeout(release, clampTimeout(Math.min(limit, left)))
  state.holds.add(timer)
  return release

  /** Also later than its time: the client of a store may have kept the process alive by itself until then. */
  function release(): void {
    state.holds.delete(timer)
    clearTimeout(timer)
    const endedAt = performance.now()
    state.lastHold = { endedAt, length: endedAt - begun }
  }
}

/** How many milliseconds are left of the natural end that is under way. */
export function exitTimeLeft(): number {
  return Math.max(0, state.deadline - performance.now())
}

/** Says that the process comes to its natural end, for a listener of `beforeExit`. Returns how many milliseconds are left. */
export function beginExit(): number {
  const now = performance.now()
  if (now - state.seenAt > APART_MS) begin(now)
  state.seenAt = now
  return Math.max(0, state.deadline - now)
}

function end(): void {
  const left = beginExit()
  if (left === 0) return
  for (const flush of state.flushes) {
    void flush(left).then(delivered => {
      state.seenAt = performance.now()
      // A store that took nothing is not tried again: it must not hold up the end for ever.
      if (!delivered) forget(flush)
    })
  }
}

/** Several ends in a row, each begun by what was recorded during the one before, have one time together. */
function begin(now: number): void {
  const { endedAt, length } = state.lastHold
  // Whether the program had ended its work before, nobody knows: a store that hung may have held up the end all that time.
  const held = now - endedAt < APART_MS ? length : 0
  const patience = Math.max(MIN_FLUSH_MS, MAX_END_MS - held)
  state.deadline = now + patience
  setTimeout(() => {
    for (const timer of state.holds) clearTimeout(timer)
    state.holds.clear()
    for (const cut of state.cuts) cut()
  }, patience).unref()
}
