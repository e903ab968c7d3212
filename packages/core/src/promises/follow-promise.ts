import v8 from 'node:v8'
import {
  Error,
  Map,
  Object,
  Promise,
  performance,
  Reflect,
  setImmediate,
  setTimeout,
  WeakSet,
} from '../platform/platform.js'
import { createAgingSet } from '../points/aging-set.js'
import { keepContextWhile, type Scope, suppress } from '../points/context.js'
import { type CallOutcome, type FollowedPromise, hasWaitingChild, noteChild, noteEvent } from './followed-promise.js'
import { madePromises } from './made-promises.js'
import { readPromiseState, readStateAndValue } from './promise-state.js'

/** Error that is reported instead of a rejection's reason if this project could not read the reason. */
export const UNKNOWN_REASON = Object.defineProperty(
  new Error('The promise was rejected, for a reason that could not be read'),
  'name',
  { value: 'PromiseRejected' },
)

/** Symbol that is reported instead of a promise's value if this project could not read the value. */
export const UNREAD: unique symbol = Symbol('unread')

// An unsettled promise is dropped within ten minutes, because the promise hooks cost every `await` in the process a few
// nanoseconds.
const MAX_FOLLOW_TIME_MS = 9 * 60_000
const EXPIRY_CHECK_INTERVAL_MS = 60_000
// If the application adds its handler later than this after a rejection, the reason of the rejection is not recorded.
const READ_UNHANDLED_AFTER_MS = 100

const nativeThen = Promise.prototype.then
const { species } = Symbol
const readSpecies = Object.getOwnPropertyDescriptor(Promise, species)?.get
const { createHook } = v8.promiseHooks
// With an undefined `constructor`, `RESOLVED.then` does not read `species` from the application's `Promise`.
const RESOLVED = Object.defineProperty(Promise.resolve(), 'constructor', { value: undefined })

const followed = new Map<object, FollowedPromise>()
// Keeps the context enabled while a promise is followed. Its scopes are needed to distinguish an `await` inside a
// function from a handler on the function's promise.
keepContextWhile(() => followed.size > 0)
/** Promises that have this project's handler. Further handlers can be added without any visible effect. */
const handled = new WeakSet<object>()
const unhandled = createAgingSet<FollowedPromise>(READ_UNHANDLED_AFTER_MS, readUnhandled)
let scheduledReads: FollowedPromise[] = []
let stopHooks: (() => void) | undefined
let isStopScheduled = false
let isExpiryScheduled = false

/**
 * Reports how a promise settles. The application cannot notice this: it gets the same promise, no unhandled rejection
 * is hidden, and nothing takes an extra tick. While the promise has no handler, `v8.promiseHooks` report when the
 * promise settles and when the application adds a handler. After the application has added its handler, this project
 * adds one as well, which can no longer hide an unhandled rejection.
 *
 * `bodyScope` is the scope of the function that returned the promise, from `promiseWatch`. The scope distinguishes an
 * `await` inside that function from a handler on the promise. If the scope is unknown, this project adds its handler
 * only after the promise has settled.
 */
export function followPromise(
  promise: Promise<unknown>,
  outcome: CallOutcome,
  bodyScope: Scope | undefined,
  isAsync: boolean,
): void {
  const isPlain = isPlainPromise(promise)
  const isHandled = isPlain && handled.has(promise)
  const known = isHandled ? undefined : followed.get(promise)
  if (known !== undefined) {
    known.outcomes.push(outcome)
    return
  }
  const entry: FollowedPromise = {
    promise,
    outcomes: [outcome],
    isPlain,
    bodyScope,
    isAsync,
    mayHaveSettled: true,
    children: [],
    followedAt: performance.now(),
    settledAt: undefined,
  }
  // If promise hooks cannot be started, this project's handler is added at once, although the application may notice
  // it.
  if (isHandled || !startHooks()) return addHandler(entry)
  followed.set(promise, entry)
  // No hook reports a promise that settled before it was followed, so its state is read later.
  unhandled.add(entry)
  if (!entry.isPlain) scheduleRead(entry)
  scheduleExpiry()
}

/**
 * Watches a function that may return a promise. While the function runs, the hooks stay enabled, and created promises
 * are noted.
 */
export const promiseWatch = {
  begin(): number {
    startHooks()
    return madePromises.begin()
  },
  /** Ends the watch. Returns the scope in which `promise` was created, if it was created since `begin`. */
  find(watchStart: number, promise: unknown): Scope | undefined {
    const scope = madePromises.find(watchStart, promise)
    promiseWatch.end()
    return scope
  },
  end(): void {
    madePromises.end()
    scheduleStop()
  },
}

const HOOKS = {
  init(child: unknown, parent: unknown): void {
    noteEvent()
    madePromises.note(child)
    const entry = parent === undefined ? undefined : followed.get(parent as object)
    if (!entry?.isPlain || entry.outcomes.length === 0) return
    if (noteChild(entry, child)) addHandlerAfterProgram(entry)
  },
  // This hook runs before the promise settles. It also runs when the promise is resolved with another promise.
  settled(promise: unknown): void {
    noteEvent(promise)
    const entry = followed.get(promise as object)
    if (entry === undefined) return
    entry.settledAt = performance.now()
    if (entry.outcomes.length === 0) return
    unhandled.add(entry)
    scheduleRead(entry)
  },
}

function startHooks(): boolean {
  if (stopHooks !== undefined) return true
  try {
    stopHooks = createHook(HOOKS) as () => void
    return true
  } catch {
    return false
  }
}

/** Adds this project's handler to a promise after the application has added one. */
function addHandlerAfterProgram(entry: FollowedPromise): void {
  // The application may have changed the promise's constructor in the meantime.
  if (!isPlainPromise(entry.promise)) {
    entry.isPlain = false
    if (entry.settledAt !== undefined) scheduleRead(entry)
    return
  }
  handled.add(entry.promise)
  unhandled.delete(entry)
  // If `settledAt` is set, the promise may have been resolved with another promise and still be pending. Such a promise
  // is still followed, because the hooks report when it settles.
  if (entry.settledAt === undefined) forget(entry)
  addHandler(entry, entry.outcomes.splice(0))
}

function addHandler(entry: FollowedPromise, outcomes: readonly CallOutcome[] = entry.outcomes): void {
  Reflect.apply(nativeThen, entry.promise, [
    (value: unknown) => finish(entry, 'done', value, outcomes),
    (reason: unknown) => finish(entry, 'failed', reason, outcomes),
  ])
}

/** Reads the state after the promise has settled and before the application's handlers run. */
function scheduleRead(entry: FollowedPromise): void {
  if (scheduledReads.push(entry) === 1) Reflect.apply(nativeThen, RESOLVED, [readScheduled])
}

function readScheduled(): void {
  const entries = scheduledReads
  scheduledReads = []
  for (const entry of entries) if (unhandled.has(entry)) readSettled(entry)
}

/** Reads the state of all promises without a handler now, so that a delivery includes the records of their points. */
export function readUnhandledPromises(): void {
  readScheduled()
  unhandled.visitAll()
}

function readSettled(entry: FollowedPromise): void {
  // No hook reports when the application handles a promise of a subclass.
  if (!entry.isPlain) return readUnhandled(entry)
  const state = readPromiseState(entry.promise)
  if (state === 'pending') return
  // The promise's value is not needed, so the outcome is reported before the application continues.
  if (state === 'fulfilled') finish(entry, 'done', UNREAD)
  // Awaits inside the function that returned the promise have settled by now, so a pending child promise comes from a
  // handler.
  else if (hasWaitingChild(entry)) addHandlerAfterProgram(entry)
}

function readUnhandled(entry: FollowedPromise): void {
  const state = readStateAndValue(entry.promise)
  if (state === 'pending') {
    unhandled.delete(entry)
    return
  }
  entry.settledAt ??= entry.followedAt
  if (state === 'rejected') finish(entry, 'failed', UNKNOWN_REASON)
  else finish(entry, 'done', UNREAD)
}

function finish(
  entry: FollowedPromise,
  callback: 'done' | 'failed',
  result: unknown,
  outcomes: readonly CallOutcome[] = entry.outcomes,
): void {
  forget(entry)
  const ago = entry.settledAt === undefined ? 0 : performance.now() - entry.settledAt
  for (const outcome of outcomes) {
    try {
      outcome[callback](result, ago)
    } catch {
      // If this error were thrown, it would become an unhandled rejection in the application.
    }
  }
}

function forget(entry: FollowedPromise): void {
  followed.delete(entry.promise)
  unhandled.delete(entry)
  scheduleStop()
}

function scheduleStop(): void {
  if (followed.size > 0 || madePromises.isWatching() || isStopScheduled) return
  isStopScheduled = true
  suppress(() => setImmediate(stopHooksIfIdle)).unref()
}

/** Stops the hooks one turn of the event loop later, because another promise usually follows immediately. */
function stopHooksIfIdle(): void {
  isStopScheduled = false
  if (followed.size > 0 || madePromises.isWatching()) return
  stopHooks?.()
  stopHooks = undefined
}

function scheduleExpiry(): void {
  if (isExpiryScheduled || followed.size === 0) return
  isExpiryScheduled = true
  suppress(() => setTimeout(forgetExpired, EXPIRY_CHECK_INTERVAL_MS)).unref()
}

function forgetExpired(): void {
  isExpiryScheduled = false
  const now = performance.now()
  for (const entry of followed.values()) {
    if (now - entry.followedAt < MAX_FOLLOW_TIME_MS) break
    forget(entry)
    for (const { abandoned } of entry.outcomes) abandoned?.()
  }
  scheduleExpiry()
}

/**
 * Returns whether adding a handler runs none of the application's code. The native `then` reads the promise's
 * `constructor` and the constructor's `Symbol.species`, which the application may have replaced.
 */
function isPlainPromise(promise: Promise<unknown>): boolean {
  return (
    Object.getOwnPropertyDescriptor(Promise, species)?.get === readSpecies &&
    Reflect.getPrototypeOf(promise) === Promise.prototype &&
    Promise.prototype.constructor === Promise &&
    !Object.hasOwn(promise, 'constructor')
  )
}
