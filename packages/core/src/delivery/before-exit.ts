import { clampTimeout } from '../platform/clamp-timeout.js'
import {
  clearImmediate,
  clearTimeout,
  Math,
  Number,
  performance,
  process,
  Set,
  setImmediate,
  setTimeout,
} from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'

/** Delivers records for at most `timeout` milliseconds. Resolves to whether all of them were delivered. */
type Flush = (timeout: number) => Promise<boolean>

interface BeforeExit {
  readonly flushes: Set<Flush>
  readonly cuts: Set<() => void>
  readonly holdTimers: Set<NodeJS.Timeout>
  /** How many works that hold the process for a limited time are under way, and since when there was always one. */
  limitedWorks: number
  heldSince: number | undefined
  /** Ends the time since `heldSince`: the process could have ended. */
  gapTimer: NodeJS.Immediate | undefined
  /** When the last hold ended, and for how long the process was held until then, in milliseconds. */
  lastHold: { readonly endedAt: number; readonly durationMs: number }
  /** When the time of the latest exit is over, and when this exit was last seen under way. */
  deadline: number
  lastSeenAt: number
  timer: NodeJS.Timeout | undefined
  /** The listener of `beforeExit`. Several copies of this package share the one of the first copy. */
  readonly onBeforeExit: () => void
}

/** The longest time for which all stores together delay the natural exit of a program. */
const MAX_EXIT_DELAY_MS = 5_000
/** The time that a flush still gets if a hanging store has already delayed the exit. */
const MIN_FLUSH_MS = 1_000
/** A program that stays alive longer than this between two natural exits has work of its own. */
const SAME_EXIT_MS = 1_000

const state = shared<BeforeExit>('natural-exit', () => ({
  flushes: new Set(),
  cuts: new Set(),
  holdTimers: new Set(),
  limitedWorks: 0,
  heldSince: undefined,
  gapTimer: undefined,
  lastHold: { endedAt: Number.NEGATIVE_INFINITY, durationMs: 0 },
  deadline: Number.NEGATIVE_INFINITY,
  lastSeenAt: Number.NEGATIVE_INFINITY,
  timer: undefined,
  onBeforeExit: deliverAtExit,
}))

/** Calls `flush` when the process is about to exit naturally, until the returned function is called. */
export function flushBeforeExit(flush: Flush): () => void {
  // One listener serves all flushes, and only while there is something to deliver, because programs can see listeners.
  if (state.flushes.size === 0) process.on('beforeExit', state.onBeforeExit)
  state.flushes.add(flush)
  return () => removeFlush(flush)
}

function removeFlush(flush: Flush): void {
  if (state.flushes.delete(flush) && state.flushes.size === 0) process.off('beforeExit', state.onBeforeExit)
}

/** Calls `cut` to end what keeps the process alive when the time of an exit is over. Returns a cancel function. */
export function cutAtExit(cut: () => void): () => void {
  state.cuts.add(cut)
  return () => state.cuts.delete(cut)
}

/**
 * Keeps the process alive for at most `limitMs`, or until the returned function is called: the work is over.
 *
 * Stores that hang take turns: while one waits, another one tries again, and the program would never end. So all works
 * that overlap or follow each other at once share one time to hold the process, unless one of them ends well.
 */
export function holdProcess(limitMs: number): (endedWell?: boolean) => void {
  const begunAt = performance.now()
  const isLimited = limitMs < Number.POSITIVE_INFINITY
  if (isLimited) {
    clearImmediate(state.gapTimer)
    state.heldSince ??= begunAt
    state.limitedWorks++
  }
  const leftMs = isLimited || isExiting(begunAt) ? Math.min(limitMs, holdTimeLeftAt(begunAt)) : limitMs
  const timer = setTimeout(endHold, clampTimeout(leftMs))
  state.holdTimers.add(timer)
  let isOver = false
  return release

  /** The client of a store may itself keep the process alive for longer than the hold. Then this is called once more. */
  function endHold(): void {
    state.holdTimers.delete(timer)
    clearTimeout(timer)
    const endedAt = performance.now()
    state.lastHold = { endedAt, durationMs: endedAt - Math.min(begunAt, state.heldSince ?? begunAt) }
  }

  function release(endedWell = false): void {
    endHold()
    if (isOver || !isLimited) return
    isOver = true
    state.limitedWorks--
    if (endedWell) state.heldSince = performance.now()
    // In one turn of the event loop without such work, a program that is done comes to its end.
    if (state.limitedWorks === 0) state.gapTimer = setImmediate(forgetHeldTime).unref()
  }
}

function forgetHeldTime(): void {
  state.heldSince = undefined
}

/** Returns for how many milliseconds a store that hangs may keep the process alive from now on. */
export function holdTimeLeft(): number {
  return holdTimeLeftAt(performance.now())
}

function holdTimeLeftAt(now: number): number {
  const deadline = isExiting(now) ? state.deadline : (state.heldSince ?? now) + MAX_EXIT_DELAY_MS
  return Math.max(0, deadline - now)
}

function isExiting(now: number): boolean {
  return now - state.lastSeenAt < SAME_EXIT_MS
}

/** Returns how many milliseconds are left of the natural exit that is under way. */
export function exitTimeLeft(): number {
  return Math.max(0, state.deadline - performance.now())
}

/** Notes a natural exit, on behalf of a `beforeExit` listener. Returns how many milliseconds are left. */
export function beginExit(): number {
  const now = performance.now()
  if (!isExiting(now)) startExitClock(now)
  state.lastSeenAt = now
  return Math.max(0, state.deadline - now)
}

function deliverAtExit(): void {
  const leftMs = beginExit()
  if (leftMs === 0) return
  for (const flush of state.flushes) {
    void flush(leftMs).then(delivered => {
      state.lastSeenAt = performance.now()
      // A store that did not take everything is not tried again, because it must not delay the exit forever.
      if (!delivered) removeFlush(flush)
    })
  }
}

/** Starts the clock of an exit. Exits in quick succession share it: records made during one exit may cause the next. */
function startExitClock(now: number): void {
  const { endedAt, durationMs } = state.lastHold
  // The program may have ended its work before this hold: a hanging store may have delayed the exit all that time.
  const heldMs = now - endedAt < SAME_EXIT_MS ? durationMs : 0
  const exitDelayMs = Math.max(MIN_FLUSH_MS, MAX_EXIT_DELAY_MS - heldMs)
  state.deadline = now + exitDelayMs
  clearTimeout(state.timer)
  state.timer = setTimeout(endAllHolds, exitDelayMs).unref()
}

function endAllHolds(): void {
  for (const timer of state.holdTimers) clearTimeout(timer)
  state.holdTimers.clear()
  for (const cut of state.cuts) cut()
}
