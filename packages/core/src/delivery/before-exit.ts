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

/** Delivers records for at most `timeout` milliseconds. Resolves to whether all records were delivered. */
type Flush = (timeout: number) => Promise<boolean>

interface BeforeExit {
  readonly flushes: Set<Flush>
  readonly cuts: Set<() => void>
  readonly holdTimers: Set<NodeJS.Timeout>
  /**
   * The number of tasks that currently hold the process (keep it alive) for a limited time. `heldSince`: when the
   * current series of such tasks began, or when one of them last succeeded.
   */
  limitedWorks: number
  heldSince: number | undefined
  /**
   * Resets `heldSince` after a turn of the event loop in which no task held the process. The process could have exited
   * in that turn, so the next task gets a new time limit.
   */
  gapTimer: NodeJS.Immediate | undefined
  /** When the last hold ended, and how long the process had been held by then, in milliseconds. */
  lastHold: { readonly endedAt: number; readonly durationMs: number }
  /**
   * When the time limit of the exit ends. The limit starts when the event loop has no more work, and starts again if
   * the process has had new work since then. `lastSeenAt`: the last time at which the exit was in progress.
   */
  deadline: number
  lastSeenAt: number
  timer: NodeJS.Timeout | undefined
  /** The `beforeExit` listener. If several copies of this package are loaded, they share the first copy's listener. */
  readonly onBeforeExit: () => void
}

/**
 * The longest time for which all stores together delay the natural exit of the process, which Node announces with
 * `beforeExit`.
 */
const MAX_EXIT_DELAY_MS = 5_000
/** The minimum time for a flush, even if a hanging store has already delayed the exit. */
const MIN_FLUSH_MS = 1_000
/**
 * If the process stays alive for longer than this between two `beforeExit` events, the application was doing work. The
 * second event then starts a new time limit.
 */
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

/** Calls `flush` each time the process is about to exit naturally, until the returned function is called. */
export function flushBeforeExit(flush: Flush): () => void {
  // One listener serves all flushes. It is only added while there are records to deliver, because applications can see
  // the listeners of `process`.
  if (state.flushes.size === 0) process.on('beforeExit', state.onBeforeExit)
  state.flushes.add(flush)
  return () => removeFlush(flush)
}

function removeFlush(flush: Flush): void {
  if (state.flushes.delete(flush) && state.flushes.size === 0) process.off('beforeExit', state.onBeforeExit)
}

/**
 * Calls `cut` when the time limit of a natural exit is over. `cut` must end the work that keeps the process alive.
 * Returns a function that cancels the call.
 */
export function cutAtExit(cut: () => void): () => void {
  state.cuts.add(cut)
  return () => state.cuts.delete(cut)
}

/**
 * Keeps the process alive for at most `limitMs`, or until the caller's work ends and the caller calls the returned
 * function.
 *
 * With several hanging stores, one could always be trying while another waits, and the process would never exit. So
 * tasks that overlap or directly follow each other share one time limit, unless one of them succeeds.
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

  /**
   * Ends the hold. Called by the timer, and again by `release`. The second call corrects `lastHold`, because the
   * store's client may have kept the process alive after the timer.
   */
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
    // If no task holds the process during one turn of the event loop, a process with nothing left to do can exit in
    // that turn.
    if (state.limitedWorks === 0) state.gapTimer = setImmediate(forgetHeldTime).unref()
  }
}

function forgetHeldTime(): void {
  state.heldSince = undefined
}

/** Returns for how many more milliseconds a hanging store may keep the process alive. */
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

/** Returns how many milliseconds are left for the natural exit in progress. */
export function exitTimeLeft(): number {
  return Math.max(0, state.deadline - performance.now())
}

/**
 * Must be called by a `beforeExit` listener. Starts the time limit of the exit, unless it has already started. Returns
 * how many milliseconds of it are left.
 */
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
      // A store that did not take all records is not flushed again, because it must not delay the exit forever.
      if (!delivered) removeFlush(flush)
    })
  }
}

/**
 * Starts the time limit of an exit. `beforeExit` events in quick succession share one limit, because records that are
 * made during one event may cause the next event.
 */
function startExitClock(now: number): void {
  const { endedAt, durationMs } = state.lastHold
  // The application may have finished before the last hold. In that case, a hanging store has delayed the exit for the
  // whole hold, so the hold counts toward the time limit.
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
