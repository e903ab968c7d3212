import { currentScope, type Scope } from '../points/context.js'
import { readPromiseState } from './promise-state.js'

/**
 * Told once how a call, or the promise that the call returned, has ended. `ago` says how many milliseconds ago. The functions
 * are called in any context.
 */
export interface CallOutcome {
  /** The value is `UNREAD` where a promise's value could not be read. */
  done(value: unknown, ago: number): void
  /** The error is `UNKNOWN_REASON` where the reason of a rejection could not be read. */
  failed(error: unknown, ago: number): void
  /** The promise has not settled in ten minutes and is not followed any longer. Default: nothing is told. */
  readonly abandoned?: (() => void) | undefined
}

/** A promise that is followed, and what is known of it. Times are those of the monotonic clock, in milliseconds. */
export interface FollowedPromise {
  readonly promise: Promise<unknown>
  /** Empty once a handler of ours tells them. */
  readonly outcomes: CallOutcome[]
  /** Whether a handler of ours calls no code of the program: neither a `then` nor a constructor of its own. */
  plain: boolean
  /** Where the function runs whose promise this is, if that is known. */
  readonly bodyScope: Scope | undefined
  /** Whether it may have settled before it was followed: it is surely pending when an async function has just returned it. */
  readonly mayBeOver: boolean
  /** Promises that were made for handlers of this one, or for what its own function waits for. */
  children: unknown[]
  readonly followedAt: number
  /** When the promise settled, or was resolved with another promise. */
  settledAt: number | undefined
}

const MAX_CHILDREN = 16

/** The promise that got its newest child with the last event. */
let doubtful: FollowedPromise | undefined

/**
 * Says that a promise was made from a followed one: for a handler, or for an `await` in the function whose promise the
 * followed one is. Returns whether it is surely for a handler.
 */
export function noteChild(followed: FollowedPromise, child: unknown): boolean {
  if (isElsewhere(followed) || isOver(followed)) return true
  if (followed.children.length >= MAX_CHILDREN) followed.children = followed.children.filter(isPending)
  if (followed.children.length < MAX_CHILDREN) followed.children.push(child)
  doubtful = followed
  return false
}

/** Says that the next event of any promise has come. `settled` is the promise that settles with it, if any. */
export function noteEvent(settled?: unknown): void {
  // Made and settled at once: the function waits for a value that is no promise.
  if (settled !== undefined && doubtful?.children.at(-1) === settled) doubtful?.children.pop()
  doubtful = undefined
}

/** Whether a promise that is about to tell its handlers has one: what its own function waited for has settled before. */
export function hasWaitingChild({ children }: FollowedPromise): boolean {
  return children.some(isPending)
}

/** Whether the function whose promise this is has ended, so that it waits for nothing more. */
function isOver(followed: FollowedPromise): boolean {
  const { mayBeOver, promise, children, followedAt } = followed
  if (mayBeOver && children.length === 0 && readPromiseState(promise) !== 'pending') {
    followed.settledAt ??= followedAt
  }
  return followed.settledAt !== undefined
}

/** Whether the code that runs now is not that of the function whose promise this is. */
function isElsewhere({ bodyScope }: FollowedPromise): boolean {
  return bodyScope !== undefined && !bodyScope.left && bodyScope !== currentScope()
}

function isPending(promise: unknown): boolean {
  return readPromiseState(promise as Promise<unknown>) === 'pending'
}
