import { currentScope, type Scope } from '../points/context.js'
import { readPromiseState } from './promise-state.js'

/** Receives how a call, or its promise, ended, and how many milliseconds `ago`. Called once, in any context. */
export interface CallOutcome {
  /** `value` is `UNREAD` if the value of a promise could not be read. */
  done(value: unknown, ago: number): void
  /** `error` is `UNKNOWN_REASON` if the reason of a rejection could not be read. */
  failed(error: unknown, ago: number): void
  /** Called instead if the promise has not settled in ten minutes. Default: nothing is reported. */
  readonly abandoned?: (() => void) | undefined
}

/** A followed promise and its state. Times are milliseconds of the monotonic clock. */
export interface FollowedPromise {
  readonly promise: Promise<unknown>
  /** Empty once our own handler reports to the outcomes. */
  readonly outcomes: CallOutcome[]
  /** Whether our handler would run no code of the program, neither a `then` nor a constructor. */
  isPlain: boolean
  readonly bodyScope: Scope | undefined
  /** Whether an async function made the promise. In the body's scope, a new child is then for an `await` of the body. */
  readonly isAsync: boolean
  /** Whether the promise may have settled before it was followed, of which no hook tells. False once it was pending. */
  mayHaveSettled: boolean
  /** Promises that were made by handlers of this promise, or by awaits inside its function. */
  children: unknown[]
  readonly followedAt: number
  /** When the promise settled, or was resolved with another promise. */
  settledAt: number | undefined
}

const MAX_CHILDREN = 16

/** The promise that got its newest child in the last event. */
let lastParent: FollowedPromise | undefined

/** Notes a promise made from a followed one. Returns whether a handler made it, and not an `await` in its function. */
export function noteChild(followed: FollowedPromise, child: unknown): boolean {
  if (isOutsideFunction(followed) || hasFunctionEnded(followed)) return true
  if (followed.children.length >= MAX_CHILDREN) followed.children = followed.children.filter(isPending)
  if (followed.children.length < MAX_CHILDREN) followed.children.push(child)
  lastParent = followed
  return false
}

/** Notes the next event of any promise. `settled` is the promise that settles in the event, if any. */
export function noteEvent(settled?: unknown): void {
  // A child that is made and settles at once comes from an `await` of a value that is not a promise.
  if (settled !== undefined && lastParent?.children.at(-1) === settled) lastParent?.children.pop()
  lastParent = undefined
}

/** Returns whether a settling promise has a handler. The awaits inside its function have settled before. */
export function hasWaitingChild({ children }: FollowedPromise): boolean {
  return children.some(isPending)
}

/** Returns whether the function behind the promise has ended, and so awaits nothing more. */
function hasFunctionEnded(followed: FollowedPromise): boolean {
  const { settledAt, isAsync, mayHaveSettled, bodyScope, promise } = followed
  if (settledAt !== undefined) return true
  // Reading the state takes microseconds, so an `await` in the scope of an async function does not cause it.
  if (!mayHaveSettled || (isAsync && bodyScope?.isLeft === false)) return false
  followed.mayHaveSettled = false
  if (readPromiseState(promise) === 'pending') return false
  followed.settledAt = followed.followedAt
  return true
}

/** Returns whether the current code runs outside the function behind the promise. */
function isOutsideFunction({ bodyScope }: FollowedPromise): boolean {
  return bodyScope !== undefined && !bodyScope.isLeft && bodyScope !== currentScope()
}

function isPending(promise: unknown): boolean {
  return readPromiseState(promise as Promise<unknown>) === 'pending'
}
