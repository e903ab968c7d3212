import { clampTimeout } from '../platform/clamp-timeout.js'
import { clearTimeout, Math, Number, performance, process, Set, setTimeout } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'

/** Delivers records for at most `timeout` milliseconds. Resolves to whether all of them were delivered. */
type Flush = (timeout: number) => Promise<boolean>

interface BeforeExit {
  readonly flushes: Set<Flush>
  readonly cuts: Set<() => void>
  readonly holds: Set<NodeJS.Timeout>
  /** When the last hold ended, and how long it was, in milliseconds. */
  lastHold: { readonly endedAt: number; readonly length: number }
  /** When the time of the latest exit is over, and when this exit was last seen under way. */
  deadline: number
  seenAt: number
  /** The listener of `beforeExit`. Several copies of this package share the one of the first copy. */
  readonly end: () => void
}

/** The longest time for which all stores together delay the natural exit of a program. */
const MAX_END_MS = 5_000
/** The time that a flush still gets if a hanging store has already delayed the exit. */
const MIN_FLUSH_MS = 1_000
/** A program that stays alive longer than this between two natural exits has work of its own. */
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

/** Calls `flush` when the process is about to exit naturally, until the returned function is called. */
export function flushBeforeExit(flush: Flush): () => void {
  // One listener serves all flushes, and only while there is something to deliver, because programs can see listeners.
  if (state.flushes.size === 0) process.on('beforeExit', state.end)
  state.flushes.add(flush)
  return () => forget(flush)
}

function forget(flush: Flush): void {
  if (state.flushes.delete(flush) && state.flushes.size === 0) process.off('beforeExit', state.end)
}

/** Calls `cut` to end what keeps the process alive when the time of an exit is over. Returns a cancel function. */
export function cutAtExit(cut: () => void): () => void {
  state.cuts.add(cut)
  return () => state.cuts.delete(cut)
}

/** Keeps the process alive for at most `limit` milliseconds, or until the returned function is called. */
export function holdProcess(limit: number): () => void {
  const begun = performance.now()
  const left = begun - state.seenAt < APART_MS ? Math.max(0, state.deadline - begun) : limit
  const timer = setTimeout(release, clampTimeout(Math.min(limit, left)))
  state.holds.add(timer)
  return release

  /** May run after the timer has fired: the client of a store may itself have kept the process alive until then. */
  function release(): void {
    state.holds.delete(timer)
    clearTimeout(timer)
    const endedAt = performance.now()
    state.lastHold = { endedAt, length: endedAt - begun }
  }
}

/** Returns how many milliseconds are left of the natural exit that is under way. */
export function exitTimeLeft(): number {
  return Math.max(0, state.deadline - performance.now())
}

/** Notes a natural exit, on behalf of a `beforeExit` listener. Returns how many milliseconds are left. */
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
      // A store that did not take everything is not tried again, because it must not delay the exit forever.
      if (!delivered) forget(flush)
    })
  }
}

/** Starts the clock of an exit. Exits in quick succession share it: records made during one exit may cause the next. */
function begin(now: number): void {
  const { endedAt, length } = state.lastHold
  // The program may have ended its work before this hold: a hanging store may have delayed the exit all that time.
  const held = now - endedAt < APART_MS ? length : 0
  const patience = Math.max(MIN_FLUSH_MS, MAX_END_MS - held)
  state.deadline = now + patience
  setTimeout(() => {
    for (const timer of state.holds) clearTimeout(timer)
    state.holds.clear()
    for (const cut of state.cuts) cut()
  }, patience).unref()
}
