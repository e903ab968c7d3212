import type { CallSite } from '@osprofiler/core/record'

/**
 * The kinds of causes in an account.
 *
 * - `cpu`: the request's own code computed
 * - `gc`: garbage was collected
 * - `sync`: the request did synchronous I/O
 * - `wait`: the request waited for something that it had asked for
 * - `pool`: the request waited for a free thread of libuv's pool
 * - `held`: the request was ready, but other work held the event loop
 * - `either`: `wait` or `held`. The recorder cannot tell which one
 * - `short`: sections of the request's code that were too short to be sampled
 * - `native`: native code ran
 * - `osprofiler`: the recorder itself ran
 * - `unknown`: time that the recorder cannot explain
 */
export type CauseKind = (typeof CAUSE_KINDS)[number]

/** All kinds of causes, in the order of a legend. */
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

/** A cause of a request's own time. Strings are not escaped. */
export interface Cause {
  readonly kind: CauseKind
  readonly us: number
  readonly times: number
  /** What the request waited for, such as `timer`, or which synchronous function it called. */
  readonly what: string | undefined
  /** The library through which the code ran, such as `lodash`. */
  readonly via: string | undefined
  /** The code that caused the time, or that asked for what the request waited for. */
  readonly place: CallSite | undefined
  /** The line that took most of the time, if one line took at least half of it. */
  readonly hotLine: CallSite | undefined
  /** The share of the time that `hotLine` took, from 0.5 to 1; 0 if there is no such line. */
  readonly hotShare: number
  /** The work that held the event loop or kept the threads of the pool busy. */
  readonly by: string | undefined
  readonly byPlace: CallSite | undefined
}

/** A stretch of an account's timeline, in microseconds since the trace's first record. */
export interface Stretch {
  readonly startUs: number
  readonly endUs: number
  /** `undefined` for a cause that is not in the list. */
  readonly cause: Cause | undefined
}

/** The most that a service does for an account: `cpu` includes samples of the code that ran. */
export type AccountLevel = 'waits' | 'cpu'

/** The account of a request's own time, by cause (`info.why`). */
export interface Account {
  /** The id of the account's own point. */
  readonly traceId: string
  /** The id of the point whose time is accounted for. */
  readonly servedId: string
  readonly service: string | undefined
  readonly level: AccountLevel
  /** `cpu` if the service was asked for it and did less, and the service's reason. */
  readonly asked: AccountLevel | undefined
  readonly because: string | undefined
  readonly wallUs: number
  /** Whether the recording ended before the request did. */
  readonly isCut: boolean
  /** Longest first. */
  readonly causes: readonly Cause[]
  /** The time and the number of the causes that are not in the list. */
  readonly rest: { readonly us: number; readonly causes: number }
  /** In order of time, without overlaps. */
  readonly timeline: readonly Stretch[]
  /** How long the process stood still before the request's point began, in microseconds. */
  readonly startCostUs: number
}

/** A service's reason for not making an account. */
export interface RefusedAccount {
  readonly servedId: string
  readonly service: string | undefined
  readonly refused: string
}
