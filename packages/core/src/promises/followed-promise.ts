import { currentScope, type Scope } from '../points/context.js'
import { readPromiseState } from './promise-state.js'

/**
 * Receives the outcome of a call or of its promise. Exactly one of the functions is called, once, in any context. `ago`
 * is the time since the end of the call, in milliseconds.
 */
export interface CallOutcome {
  /** `value` is `UNREAD` if the value of a promise could not be read. */
  done(value: unknown, ago: number): void
  /** `error` is `UNKNOWN_REASON` if the reason of a rejection could not be read. */
  failed(error: unknown, ago: number): void
  /**
   * Called instead of the other functions if the promise has not settled within ten minutes. By default, nothing is
   * reported.
   */
  readonly abandoned?: (() => void) | undefined
}

/** A followed promise and its state. Times are in milliseconds of the monotonic clock. */
export interface FollowedPromise {
  readonly promise: Promise<unknown>
  /**
   * The receivers of the outcome. Empty after this project has added its own handler, because the handler then reports
   * to them.
   */
  readonly outcomes: CallOutcome[]
  /**
   * Whether adding a handler runs none of the application's code. The application may have replaced `then` or the
   * constructor.
   */
  isPlain: boolean
  readonly bodyScope: Scope | undefined
  /**
   * Whether an async function returned the promise. If so, a child (see `children`) that is created in the scope of
   * this function comes from an `await` in the function.
   */
  readonly isAsync: boolean
  /**
   * Whether the promise may have settled before it was followed. No hook reports such an early settling. Becomes false
   * when the promise is found to be pending.
   */
  mayHaveSettled: boolean
  /** Promises that were created by handlers of this promise, or by awaits inside the function that returned it. */
  children: unknown[]
  readonly followedAt: number
  /** The time at which the promise settled or was resolved with another promise. */
  settledAt: number | undefined
}

const MAX_CHILDREN = 16

/** The followed promise whose newest child was created in the previous event (see `noteEvent`). */
let lastParent: FollowedPromise | undefined

/**
 * Notes a child: a promise that was created from a followed promise. Returns whether a handler created the child.
 * Otherwise, an `await` in the function that returned the followed promise created it.
 */
export function noteChild(followed: FollowedPromise, child: unknown): boolean {
  if (isOutsideFunction(followed) || hasFunctionEnded(followed)) return true
  if (followed.children.length >= MAX_CHILDREN) followed.children = followed.children.filter(isPending)
  if (followed.children.length < MAX_CHILDREN) followed.children.push(child)
  lastParent = followed
  return false
}

/** Notes an event: the creation or the settling of any promise. `settled` is the promise that settles, if one does. */
export function noteEvent(settled?: unknown): void {
  // A child that settles right after it was created comes from an `await` of a value that is not a promise.
  if (settled !== undefined && lastParent?.children.at(-1) === settled) lastParent?.children.pop()
  lastParent = undefined
}

/**
 * Returns whether a promise that is about to settle has a handler. By now, all awaits inside the function that returned
 * the promise have settled. So a child that is still pending was created by a handler.
 */
export function hasWaitingChild({ children }: FollowedPromise): boolean {
  return children.some(isPending)
}

/**
 * Returns whether the body of the function that returned the promise has finished. After that, only a handler can
 * create a child of the promise.
 */
function hasFunctionEnded(followed: FollowedPromise): boolean {
  const { settledAt, isAsync, mayHaveSettled, bodyScope, promise } = followed
  if (settledAt !== undefined) return true
  // In the scope of an async function, a child comes from an `await` in the function, so the promise is pending. Its
  // state is not read, because this would take microseconds.
  if (!mayHaveSettled || (isAsync && bodyScope?.isLeft === false)) return false
  followed.mayHaveSettled = false
  if (readPromiseState(promise) === 'pending') return false
  followed.settledAt = followed.followedAt
  return true
}

/** Returns whether the current code runs outside the function that returned the promise. */
function isOutsideFunction({ bodyScope }: FollowedPromise): boolean {
  return bodyScope !== undefined && !bodyScope.isLeft && bodyScope !== currentScope()
}

function isPending(promise: unknown): boolean {
  return readPromiseState(promise as Promise<unknown>) === 'pending'
}
