import { get, type Point, type Profiler } from '@osprofiler/core'

/** The reason for a wait: a connection must be opened, or one must be returned to the pool. */
export type WaitReason = 'connection' | 'pool'

/** The state of a pool at the moment when the program requests a connection. */
export interface PoolState {
  readonly free: number
  /** The number of earlier requests still waiting for a connection. The pool serves these first. */
  readonly waiting: number
  /** The number of all connections, including those that are being opened. */
  readonly open: number
  readonly max: number
}

/** Begins a point named `wait` for a connection. Later points are not nested in this point. */
export function startWait(profiler: Profiler, reason: WaitReason): Point {
  return profiler.startBeside('wait', { wait: { for: reason } })
}

/** Begins a point named `wait` if the code is traced and the pool has no connection that is available at once. */
export function startPoolWait<Pool>(pool: Pool, readState: (pool: Pool) => PoolState | undefined): Point | undefined {
  const profiler = get()
  const state = profiler && readState(pool)
  const reason = state && findWaitReason(state)
  return reason && profiler && startWait(profiler, reason)
}

/**
 * Returns why a connection is not available at once, or `undefined` if it is. For example, suppose that a pool of at
 * most four connections has one open, idle connection, and gets twenty requests. The first request does not wait, the
 * next three wait for a connection to open, and the others wait for the pool.
 */
export function findWaitReason({ free, waiting, open, max }: PoolState): WaitReason | undefined {
  const queuedBefore = waiting - free
  if (queuedBefore < 0) return undefined
  return queuedBefore < max - open ? 'connection' : 'pool'
}
