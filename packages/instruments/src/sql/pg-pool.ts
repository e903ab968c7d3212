import { get, type Profiler, suppress } from '@osprofiler/core'
import { performance, settle, takeCaller, WeakMap } from '@osprofiler/core/toolkit'
import type { Callback } from '../points/end-step.js'
import { notePool } from '../points/pool-number.js'
import { describePool, findWaitReason, startWait, type WaitReason } from '../points/start-wait.js'
import { aroundOwnWork, bindAfter, bindCallback } from '../wrapping/keep-context.js'
import type { Around, Arounds } from '../wrapping/wrap-method.js'

interface Pool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options: { readonly max: number }
  readonly _clients?: readonly object[]
}

/** The time at which the pool began to open each client. */
const openTimes = new WeakMap<object, number>()

/**
 * Creates wrappers that run callbacks in their caller's context, and the pool's own work outside traces. With
 * `recordsWaits`, the wrappers also record each wait for a client as a point.
 */
export function createPgPoolWrappers(recordsWaits: boolean): Arounds {
  return { connect: createAroundAcquire(recordsWaits), newClient: aroundOpen, _release: aroundOwnWork }
}

const aroundOpen: Around = (proceed, self, args) => {
  const now = performance.now()
  const result = suppress(() => proceed(args))
  const client = (self as Pool)._clients?.at(-1)
  if (client !== undefined) {
    openTimes.set(client, now)
    notePool(client, self as object)
  }
  return result
}

function createAroundAcquire(recordsWaits: boolean): Around {
  return (proceed, self, args) => {
    const profiler = recordsWaits ? get() : undefined
    const wait = profiler && startClientWait(profiler, self as Pool)
    const [callback] = args
    if (typeof callback !== 'function') {
      const acquire = () => suppress(() => proceed(args))
      return wait === undefined ? acquire() : settle(acquire, { done: wait.stop, failed: wait.fail })
    }
    const newCallback =
      wait === undefined ? bindCallback(callback, takeCaller()) : stopWaitAtCallback(wait, callback as Callback)
    return suppress(() => proceed([newCallback]))
  }
}

interface Wait {
  stop(client: unknown): void
  fail(error: unknown): void
}

function startClientWait(profiler: Profiler, pool: Pool): Wait | undefined {
  const { idleCount, waitingCount, totalCount, options } = pool
  // If no client is idle and the pool is not full, the pool opens a client for this call, even if other calls are
  // waiting.
  const waiting = idleCount === 0 ? 0 : waitingCount
  const state = { free: idleCount, waiting, open: totalCount, max: options.max }
  const reason = findWaitReason(state)
  if (reason === undefined) return undefined
  const startedAt = performance.now()
  const point = startWait(profiler, reason, describePool(pool, { ...state, waiting: waitingCount }))
  return {
    stop(client) {
      const actualReason = findActualReason(client, startedAt, reason)
      point.stop(actualReason === reason ? undefined : { wait: { for: actualReason } })
    },
    fail: error => point.fail(error),
  }
}

/**
 * Returns the reason for the longer part of a wait: `pool` until the pool could begin to open a client, or `connection`
 * from then until the client was open.
 */
function findActualReason(client: unknown, since: number, expected: WaitReason): WaitReason {
  const { _poolUseCount } = client as { readonly _poolUseCount?: number }
  const opened = openTimes.get(client as object)
  if (_poolUseCount) return 'pool'
  if (opened === undefined || expected === 'connection') return expected
  return opened - since > performance.now() - opened ? 'pool' : 'connection'
}

function stopWaitAtCallback(wait: Wait, callback: Callback): Callback {
  const stopWait = (error: unknown, client: unknown): void => {
    if (error) wait.fail(error)
    else wait.stop(client)
  }
  return bindAfter(callback, stopWait, takeCaller())
}
