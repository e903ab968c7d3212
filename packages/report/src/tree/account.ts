import type { CallSite } from '@osprofiler/core/record'

/**
 * The kinds of causes in an account.
 *
 * - `cpu`: the request's own code used the CPU
 * - `gc`: garbage was collected
 * - `sync`: the request did synchronous I/O
 * - `wait`: the request waited for an operation that it had started
 * - `pool`: the request waited for a free thread of libuv's pool
 * - `held`: the request could have continued, but other work blocked the event loop
 * - `either`: `wait` or `held`; the recorder cannot tell which
 * - `short`: sections of the request's code that were too short to be sampled
 * - `native`: native code ran
 * - `osprofiler`: the recorder itself ran
 * - `unknown`: time that the recorder cannot explain
 */
export type CauseKind = (typeof CAUSE_KINDS)[number]

/** All kinds of causes, in the order in which a legend lists them. */
export const CAUSE_KINDS = [
  'cpu',
  'sync',
  'gc',
  'wait',
  'pool',
  'held',
  'either',
  'short',
  'native',
  'osprofiler',
  'unknown',
] as const

/** A cause of a request's self time. Strings are not escaped. */
export interface Cause {
  readonly kind: CauseKind
  readonly us: number
  readonly times: number
  /** The event that the request waited for, such as `timer`, or the synchronous function that it called. */
  readonly what: string | undefined
  /** The library through which the code ran, such as `lodash`. */
  readonly via: string | undefined
  /** The code that took the time, or that started the operation for which the request waited. */
  readonly place: CallSite | undefined
  /** The line that took most of the time, if one line took at least half of it. */
  readonly hotLine: CallSite | undefined
  /** The share of the time that `hotLine` took, from 0.5 to 1; 0 if there is no such line. */
  readonly hotShare: number
  /** The work that blocked the event loop or kept the threads of the pool busy. */
  readonly by: string | undefined
  readonly byPlace: CallSite | undefined
}

/** An interval of an account's timeline with a single cause. Times are microseconds since the trace's first record. */
export interface Stretch {
  readonly startUs: number
  readonly endUs: number
  /** `undefined` for a cause that is not in the account's list of causes. */
  readonly cause: Cause | undefined
}

/** How much a service records for an account: `waits`, or also samples of the code that ran (`cpu`). */
export type AccountLevel = 'waits' | 'cpu'

/** The account of a request, which divides the request's self time among its causes (`info.why`). */
export interface Account {
  /** The id of the account's own point. */
  readonly traceId: string
  /** The id of the served point whose time the account divides. */
  readonly servedId: string
  readonly service: string | undefined
  readonly level: AccountLevel
  /** `cpu` if the service was asked for this level but recorded less. `because` is the service's reason. */
  readonly asked: AccountLevel | undefined
  readonly because: string | undefined
  readonly wallUs: number
  /** Whether the recording ended before the request did. */
  readonly isCut: boolean
  /** Sorted by time, longest first. */
  readonly causes: readonly Cause[]
  /** The total time and the number of the causes that are not in `causes`. */
  readonly rest: { readonly us: number; readonly causes: number }
  /** The time from the end of a recording that was cut to the end of the request; 0 if the recording was not cut. */
  readonly unrecordedUs: number
  /** Sorted by time, without overlaps. */
  readonly timeline: readonly Stretch[]
  /** How long starting the recorder blocked the process before the request's point began, in microseconds. */
  readonly startCostUs: number
}

/** A service's reason for not making an account. */
export interface RefusedAccount {
  readonly servedId: string
  readonly service: string | undefined
  readonly refused: string
}
