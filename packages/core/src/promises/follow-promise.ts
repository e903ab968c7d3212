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
import { keepWorking, type Scope, suppress } from '../points/context.js'
import { type CallOutcome, type FollowedPromise, hasWaitingChild, noteChild, noteEvent } from './followed-promise.js'
import { madePromises } from './made-promises.js'
import { readPromiseState, readStateAndValue } from './promise-state.js'

/** Stands for the reason of a rejection that nobody but the program could read. */
export const UNKNOWN_REASON = Object.defineProperty(
  new Error('The promise was rejected, for a reason that could not be read'),
  'name',
  { value: 'PromiseRejected' },
)

/** Stands for the value of a promise that nobody but the program could read. */
export const UNREAD: unique symbol = Symbol('unread')

// The hooks cost every `await` of the process a few nanoseconds, so a promise that never settles is given up.
// That happens within ten minutes: after this time, at the next look.
const MAX_FOLLOWED_MS = 9 * 60_000
const LOOK_EVERY_MS = 60_000
// If a program handles a settled promise later than this, the reason of its rejection is not recorded.
const UNHANDLED_MS = 100

const nativeThen = Promise.prototype.then
const { species } = Symbol
const readSpecies = Object.getOwnPropertyDescriptor(Promise, species)?.get
const { createHook } = v8.promiseHooks
// Without a constructor, so that its `then` does not ask the class which the program knows for its species.
const RESOLVED = Object.defineProperty(Promise.resolve(), 'constructor', { value: undefined })

const followed = new Map<object, FollowedPromise>()
// A scope tells an `await` of the function from a handler of its promise, as long as the context works.
keepWorking(() => followed.size > 0)
/** Promises that have a handler of ours: another handler changes nothing. */
const handled = new WeakSet<object>()
/** Promises without a handler that may have settled. */
const unhandled = createAgingSet<FollowedPromise>(UNHANDLED_MS, readUnhandled)
/** Promises that have just settled. */
let unread: FollowedPromise[] = []
let stopHooks: (() => void) | undefined
let restPlanned = false
let expiryPlanned = false

/**
 * Tells how a promise settles, without any difference that the program could see: no other promise, no handler that
 * would hide an unhandled rejection, no tick more.
 *
 * While the promise has no handler, `v8.promiseHooks` tells when it settles, and when the program adds its first
 * handler. From then on a handler of ours is invisible, because unhandled rejections are no longer in question.
 *
 * `bodyScope` is the scope of the function whose promise this is, from `promiseWatch`. An `await` of that function itself
 * looks like a handler, and the scope tells both apart. Where the scope is not known, our handler comes after the program's.
 */
export function followPromise(
  promise: Promise<unknown>,
  outcome: CallOutcome,
  bodyScope: Scope | undefined,
  mayBeOver: boolean,
): void {
  const plain = isPlain(promise)
  const isHandled = plain && handled.has(promise)
  const known = isHandled ? undefined : followed.get(promise)
  if (known !== undefined) {
    known.outcomes.push(outcome)
    return
  }
  const entry: FollowedPromise = {
    promise,
    outcomes: [outcome],
    plain,
    bodyScope,
    mayBeOver,
    children: [],
    followedAt: performance.now(),
    settledAt: undefined,
  }
  // Only where the runtime has no such hooks do our handlers make a difference.
  if (isHandled || !startHooks()) return addHandler(entry)
  followed.set(promise, entry)
  // It may have settled before, and then it tells nothing more.
  unhandled.add(entry)
  if (!entry.plain) readSoon(entry)
  planExpiry()
}

/** Keeps the hooks on while a function runs that may return a promise, and notes the promises that are made. */
export const promiseWatch = {
  /** To be ended by `find` or `end`. */
  begin(): number {
    startHooks()
    return madePromises.begin()
  },
  /** The scope in which a promise was made since `begin`. */
  find(begun: number, promise: unknown): Scope | undefined {
    const scope = madePromises.find(begun, promise)
    promiseWatch.end()
    return scope
  },
  end(): void {
    madePromises.end()
    planRest()
  },
}

const HOOKS = {
  init(child: unknown, parent: unknown): void {
    noteEvent()
    madePromises.note(child)
    const entry = parent === undefined ? undefined : followed.get(parent as object)
    if (!entry?.plain || entry.outcomes.length === 0) return
    if (noteChild(entry, child)) handle(entry)
  },
  // Comes before the promise is settled, and also when the promise is resolved with another one.
  settled(promise: unknown): void {
    noteEvent(promise)
    const entry = followed.get(promise as object)
    if (entry === undefined) return
    entry.settledAt = performance.now()
    if (entry.outcomes.length === 0) return
    unhandled.add(entry)
    readSoon(entry)
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

/** The program has handled this promise. */
function handle(entry: FollowedPromise): void {
  // The program may have given the promise another constructor since.
  if (!isPlain(entry.promise)) {
    entry.plain = false
    if (entry.settledAt !== undefined) readSoon(entry)
    return
  }
  handled.add(entry.promise)
  unhandled.delete(entry)
  // A promise that was resolved with another one has yet to settle: until then the hooks tell when.
  if (entry.settledAt === undefined) forget(entry)
  addHandler(entry, entry.outcomes.splice(0))
}

function addHandler(entry: FollowedPromise, outcomes: readonly CallOutcome[] = entry.outcomes): void {
  Reflect.apply(nativeThen, entry.promise, [
    (value: unknown) => finish(entry, 'done', value, outcomes),
    (reason: unknown) => finish(entry, 'failed', reason, outcomes),
  ])
}

/** Reads the state once the promise has settled, and before the handlers of the program run. */
function readSoon(entry: FollowedPromise): void {
  if (unread.push(entry) === 1) Reflect.apply(nativeThen, RESOLVED, [readStates])
}

function readStates(): void {
  const entries = unread
  unread = []
  for (const entry of entries) if (unhandled.has(entry)) readSettled(entry)
}

/** Looks at all promises that nobody has handled, now: for who delivers what is recorded. */
export function readUnhandledPromises(): void {
  readStates()
  unhandled.lookAtAll()
}

function readSettled(entry: FollowedPromise): void {
  // Nothing tells when the program handles a promise of another class.
  if (!entry.plain) return readUnhandled(entry)
  const state = readPromiseState(entry.promise)
  if (state === 'pending') return
  // Told at once, before the program goes on: the value is nothing of interest.
  if (state === 'fulfilled') finish(entry, 'done', UNREAD)
  // What the function waited for has settled before. Only what waits for the function is still pending.
  else if (hasWaitingChild(entry)) handle(entry)
}

function readUnhandled(entry: FollowedPromise): void {
  const state = readStateAndValue(entry.promise)
  // The hooks tell when it settles.
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
  how: 'done' | 'failed',
  result: unknown,
  outcomes: readonly CallOutcome[] = entry.outcomes,
): void {
  forget(entry)
  const ago = entry.settledAt === undefined ? 0 : performance.now() - entry.settledAt
  for (const outcome of outcomes) {
    try {
      outcome[how](result, ago)
    } catch {
      // An error here would be an unhandled rejection of the program.
    }
  }
}

function forget(entry: FollowedPromise): void {
  followed.delete(entry.promise)
  unhandled.delete(entry)
  planRest()
}

function planRest(): void {
  if (followed.size > 0 || madePromises.watched() || restPlanned) return
  restPlanned = true
  suppress(() => setImmediate(rest)).unref()
}

/** One turn of the event loop later, because the next promise mostly follows at once. */
function rest(): void {
  restPlanned = false
  if (followed.size > 0 || madePromises.watched()) return
  stopHooks?.()
  stopHooks = undefined
}

function planExpiry(): void {
  if (expiryPlanned || followed.size === 0) return
  expiryPlanned = true
  suppress(() => setTimeout(forgetExpired, LOOK_EVERY_MS)).unref()
}

function forgetExpired(): void {
  expiryPlanned = false
  const now = performance.now()
  for (const entry of followed.values()) {
    if (now - entry.followedAt < MAX_FOLLOWED_MS) break
    forget(entry)
    for (const { abandoned } of entry.outcomes) abandoned?.()
  }
  planExpiry()
}

/** Whether a handler can be added without a call into the program: it would ask the class for the promise it returns. */
function isPlain(promise: Promise<unknown>): boolean {
  return (
    Object.getOwnPropertyDescriptor(Promise, species)?.get === readSpecies &&
    Reflect.getPrototypeOf(promise) === Promise.prototype &&
    Promise.prototype.constructor === Promise &&
    !Object.hasOwn(promise, 'constructor')
  )
}
