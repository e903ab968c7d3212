import { get, type Point, type PointInfo, type Profiler } from '@osprofiler/core'
import { Math, Number } from '@osprofiler/core/toolkit'
import { notePool, numberOfPool } from './pool-number.js'

/** The reason for a wait: a connection must be opened, or a connection must be returned to the pool. */
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
export function startWait(profiler: Profiler, reason: WaitReason, pool?: PointInfo): Point {
  return profiler.startBeside('wait', { wait: { for: reason, ...pool } })
}

/**
 * Returns what a `wait` point records about a pool: its number, its size, and how many requests were already waiting.
 */
export function describePool(pool: object, { free, waiting, max }: PoolState): PointInfo {
  return {
    pool: numberOfPool(pool),
    max: Number.isFinite(max) ? max : undefined,
    waiting: Math.max(0, waiting - free),
  }
}

/**
 * Begins a point named `wait` if the code is traced and the pool has no connection that is available at once.
 * `listUsed` returns the connections in use, so that their queries can record the pool. `listUsed` can be omitted if
 * the queries know their pool anyway.
 */
export function startPoolWait<Pool extends object>(
  pool: Pool,
  readState: (pool: Pool) => PoolState | undefined,
  listUsed?: (pool: Pool) => Iterable<unknown>,
): Point | undefined {
  const profiler = get()
  const state = profiler && readState(pool)
  const reason = state && findWaitReason(state)
  if (profiler === undefined || state === undefined || reason === undefined) return undefined
  for (const connection of listUsed?.(pool) ?? []) notePool(connection, pool)
  return startWait(profiler, reason, describePool(pool, state))
}

/**
 * Returns why no connection is available at once, or `undefined` if one is. For example, suppose that a pool of at
 * most four connections has one open, idle connection, and gets twenty requests. The first request does not wait, the
 * next three wait for a connection to open, and the others wait for the pool.
 */
export function findWaitReason({ free, waiting, open, max }: PoolState): WaitReason | undefined {
  const queuedBefore = waiting - free
  if (queuedBefore < 0) return undefined
  return queuedBefore < max - open ? 'connection' : 'pool'
}
