import { get, type Point, type Profiler } from '@osprofiler/core'

/** What a step waits for: that a connection is opened, or that somebody gives one of the pool back. */
export type WaitReason = 'connection' | 'pool'

/** What is known of a pool when somebody asks for a connection. */
export interface PoolState {
  /** Connections that nobody uses. */
  readonly free: number
  /** Those who asked before and have no connection yet. They are served first. */
  readonly waiting: number
  /** All connections, those included that are being opened. */
  readonly open: number
  readonly max: number
}

/** Begins a point `wait`. */
export function startWait(profiler: Profiler, reason: WaitReason): Point {
  return profiler.startBeside('wait', { wait: { for: reason } })
}

/** Begins a point `wait` in a trace, where a connection of this pool cannot be had at once. */
export function startPoolWait<Pool>(pool: Pool, readState: (pool: Pool) => PoolState | undefined): Point | undefined {
  const profiler = get()
  const state = profiler && readState(pool)
  const reason = state && reasonToWait(state)
  return reason && profiler && startWait(profiler, reason)
}

/**
 * Why a connection cannot be had at once, by the place in the queue; `undefined` where it can. With one of four
 * connections open and free, the first of twenty who ask waits for nothing, three for a connection, the others for the pool.
 */
export function reasonToWait({ free, waiting, open, max }: PoolState): WaitReason | undefined {
  const ahead = waiting - free
  if (ahead < 0) return undefined
  return ahead < max - open ? 'connection' : 'pool'
}
