/**
 * An asynchronous resource of the request, from `async_hooks`, or a callback that was bound to the request's context.
 */
export interface Entry {
  /** The type of the resource, such as `Timeout` or `PROMISE`. */
  readonly type: string
  /** The time at which the resource was created. All times of an entry are in milliseconds of `performance.now()`. */
  readonly initAt: number
  /**
   * Contains the unformatted stack of the code that created the resource. Missing, for example, if the time for reading
   * stacks was used up.
   */
  readonly stack: { readonly stack?: unknown } | undefined
  /** The resource whose code created this resource. Used if the resource's own stack shows no code of the program. */
  readonly maker: Entry | undefined
  /** For a promise: the promise that it waits for. */
  awaited: Entry | undefined
  /** For a timer: its delay in milliseconds. */
  readonly delayMs: number | undefined
  /** For a promise: the time at which it settled. */
  settledAt: number | undefined
}

/** A period in which code of the request ran without interruption. */
export interface Section {
  readonly from: number
  to: number
  readonly entry: Entry
  /** If the section waited for a promise: the time at which the promise settled. */
  readonly readyAt: number | undefined
}

/** A garbage collection. */
export interface Collection {
  readonly from: number
  readonly to: number
  /** The kind of the collection, as in `perf_hooks`. */
  readonly kind: number
}

/** An event of the thread pool, from the trace events of Node. `ts` is in microseconds. */
export interface PoolEvent {
  readonly ph: string
  readonly name: string
  readonly ts: number
  readonly tid: number
  readonly id?: string
}

/** A node of the call tree in a CPU profile. */
export interface ProfileNode {
  readonly id: number
  readonly callFrame: CallFrame
  readonly hitCount?: number
  readonly children?: readonly number[]
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[]
}

/** A function in a CPU profile. Line and column count from 0. */
export interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
  readonly columnNumber: number
}

/** A CPU profile of V8. Times are in microseconds of the monotonic clock. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly samples?: readonly number[]
  readonly timeDeltas?: readonly number[]
}

/** The recorded data about one request's own time. */
export interface Recording {
  readonly startedAt: number
  readonly endedAt: number
  /** The monotonic clock minus `performance.now()`, in milliseconds. */
  readonly monotonicOffset: number
  readonly sections: readonly Section[]
  /** The times at which the turns of the event loop ended. */
  readonly turnEnds: readonly number[]
  /** The times at which the event loop returned from waiting for events. */
  readonly pollEnds: readonly number[]
  readonly collections: readonly Collection[]
  readonly poolEvents: readonly PoolEvent[]
  readonly profile: CpuProfile | undefined
  readonly sampleMs: number
  /** Whether the recording ended before the request, because the recording had reached its time limit. */
  readonly isCut: boolean
  readonly counts: { readonly resources: number; readonly stacks: number }
  readonly costs: Readonly<Record<string, number>>
}
