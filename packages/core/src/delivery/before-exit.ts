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
  readonly holds: Set<NodeJS.Timeout>
  /** How many works that hold the process for a limited time are under way, and since when there was always one. */
  limitedWorks: number
  heldSince: number | undefined
  /** Ends the time since `heldSince`: the process could have ended. */
  gap: NodeJS.Immediate | undefined
  /** When the last hold ended, and for how long the process was held until then, in milliseconds. */
  lastHold: { readonly endedAt: number; readonly length: number }
  /** When the time of the latest exit is over, and when this exit was last seen under way. */
  deadline: number
  seenAt: number
  timer: NodeJS.Timeout | undefined
  /** The listener of `beforeExit`. Several copies of this package share the one of the first copy. */
  readonly end: () => void
}

/** The longest time for which all stores together delay the natural exit of a program. */
const MAX_END_MS = 5_000
/** The time that a flush still gets if a hanging store has already delayed the exit. */
const MIN_FLUSH_MS = 1_000
/** A program that stays alive longer than this between two natural exits has work of its own. */
const APART_MS = 1_000

const state = shared<BeforeExit>('natural-exit', () => ({
  flushes: new Set(),
  cuts: new Set(),
  holds: new Set(),
  limitedWorks: 0,
  heldSince: undefined,
  gap: undefined,
  lastHold: { endedAt: Number.NEGATIVE_INFINITY, length: 0 },
  deadline: Number.NEGATIVE_INFINITY,
  seenAt: Number.NEGATIVE_INFINITY,
  timer: undefined,
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

/**
 * Keeps the process alive for at most `limit` milliseconds, or until the returned function is called: the work is over.
 *
 * Stores that hang take turns: while one waits, another one tries again, and the program would never end. So all works
 * that overlap or follow each other at once share one time to hold the process, unless one of them ends well.
 */
export function holdProcess(limit: number): (endedWell?: boolean) => void {
  const begun = performance.now()
  const isLimited = limit < Number.POSITIVE_INFINITY
  if (isLimited) {
    clearImmediate(state.gap)
    state.heldSince ??= begun
    state.limitedWorks++
  }
  const left = isLimited || isExiting(begun) ? Math.min(limit, timeToHold(begun)) : limit
  const timer = setTimeout(letGo, clampTimeout(left))
  state.holds.add(timer)
  let isOver = false
  return release

  /** The client of a store may itself keep the process alive for longer than the hold. Then this is called once more. */
  function letGo(): void {
    state.holds.delete(timer)
    clearTimeout(timer)
    const endedAt = performance.now()
    state.lastHold = { endedAt, length: endedAt - Math.min(begun, state.heldSince ?? begun) }
  }

  function release(endedWell = false): void {
    letGo()
    if (isOver || !isLimited) return
    isOver = true
    state.limitedWorks--
    if (endedWell) state.heldSince = performance.now()
    // In one turn of the event loop without such work, a program that is done comes to its end.
    if (state.limitedWorks === 0) state.gap = setImmediate(endHeldTime).unref()
  }
}

function endHeldTime(): void {
  state.heldSince = undefined
}

/** Returns for how many milliseconds a store that hangs may keep the process alive from now on. */
export function holdTimeLeft(): number {
  return timeToHold(performance.now())
}

function timeToHold(now: number): number {
  const deadline = isExiting(now) ? state.deadline : (state.heldSince ?? now) + MAX_END_MS
  return Math.max(0, deadline - now)
}

function isExiting(now: number): boolean {
  return now - state.seenAt < APART_MS
}

/** Returns how many milliseconds are left of the natural exit that is under way. */
export function exitTimeLeft(): number {
  return Math.max(0, state.deadline - performance.now())
}

/** Notes a natural exit, on behalf of a `beforeExit` listener. Returns how many milliseconds are left. */
export function beginExit(): number {
  const now = performance.now()
  if (!isExiting(now)) begin(now)
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
  clearTimeout(state.timer)
  state.timer = setTimeout(cutAll, patience).unref()
}

function cutAll(): void {
  for (const timer of state.holds) clearTimeout(timer)
  state.holds.clear()
  for (const cut of state.cuts) cut()
}
