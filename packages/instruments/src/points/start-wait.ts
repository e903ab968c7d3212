import { get, type Point, type Profiler } from '@osprofiler/core'

/** The reason for a wait: a connection must be opened, or the pool must get one back. */
export type WaitReason = 'connection' | 'pool'

/** State of a pool at the moment when the program asks for a connection. */
export interface PoolState {
  readonly free: number
  /** Earlier requests without a connection. The pool serves them first. */
  readonly waiting: number
  /** All connections, including those that are being opened. */
  readonly open: number
  readonly max: number
}

/** Begins a point `wait` for a connection. Later points do not nest in this point. */
export function startWait(profiler: Profiler, reason: WaitReason): Point {
  return profiler.startBeside('wait', { wait: { for: reason } })
}

/** Opens a point `wait` if the code is traced and the pool has no connection to give at once. */
export function startPoolWait<Pool>(pool: Pool, readState: (pool: Pool) => PoolState | undefined): Point | undefined {
  const profiler = get()
  const state = profiler && readState(pool)
  const reason = state && findWaitReason(state)
  return reason && profiler && startWait(profiler, reason)
}

/**
 * Returns why a connection cannot be had at once, or `undefined` if it can. With one of four connections open and free,
 * the first of twenty requests waits for nothing, three for a connection, the others for the pool.
 */
export function findWaitReason({ free, waiting, open, max }: PoolState): WaitReason | undefined {
  const queuedBefore = waiting - free
  if (queuedBefore < 0) return undefined
  return queuedBefore < max - open ? 'connection' : 'pool'
}
