import { get, type Profiler, suppress } from '@osprofiler/core'
import { performance, settle, WeakMap } from '@osprofiler/core/toolkit'
import type { Callback } from '../points/end-step.js'
import { reasonToWait, startWait, type WaitReason } from '../points/start-wait.js'
import { aroundOwnWork, bindAfter, bindCallback } from '../wrapping/keep-context.js'
import type { Around, Arounds } from '../wrapping/wrap-method.js'

interface Pool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options: { readonly max: number }
  readonly _clients?: readonly object[]
}

/** The time when the pool began to open each client. */
const openedAt = new WeakMap<object, number>()

/** Runs callbacks in their caller's context, and the pool's own work untraced. With `records`, waits are points. */
export function aroundPgPool(records: boolean): Arounds {
  return { connect: createAroundAcquire(records), newClient: aroundOpen, _release: aroundOwnWork }
}

const aroundOpen: Around = (proceed, self, args) => {
  const now = performance.now()
  const result = suppress(() => proceed(args))
  const client = (self as Pool)._clients?.at(-1)
  if (client !== undefined) openedAt.set(client, now)
  return result
}

function createAroundAcquire(records: boolean): Around {
  return (proceed, self, args) => {
    const profiler = records ? get() : undefined
    const wait = profiler && waitForClient(profiler, self as Pool)
    const [callback] = args
    if (typeof callback !== 'function') {
      const acquire = () => suppress(() => proceed(args))
      return wait === undefined ? acquire() : settle(acquire, { done: wait.got, failed: wait.fail })
    }
    const given = wait === undefined ? bindCallback(callback) : followAcquired(wait, callback as Callback)
    return suppress(() => proceed([given]))
  }
}

interface Wait {
  got(client: unknown): void
  fail(error: unknown): void
}

function waitForClient(profiler: Profiler, { idleCount, waitingCount, totalCount, options }: Pool): Wait | undefined {
  // If no client is idle and there is room, the pool opens one for this call, even if others wait.
  const waiting = idleCount === 0 ? 0 : waitingCount
  const reason = reasonToWait({ free: idleCount, waiting, open: totalCount, max: options.max })
  if (reason === undefined) return undefined
  const since = performance.now()
  const point = startWait(profiler, reason)
  return {
    got(client) {
      const truth = reasonOf(client, since, reason)
      point.stop(truth === reason ? undefined : { wait: { for: truth } })
    },
    fail: error => point.fail(error),
  }
}

/** Returns the reason of the longer wait: for room in the pool, or for the client to open. */
function reasonOf(client: unknown, since: number, expected: WaitReason): WaitReason {
  const { _poolUseCount } = client as { readonly _poolUseCount?: number }
  const opened = openedAt.get(client as object)
  if (_poolUseCount) return 'pool'
  if (opened === undefined || expected === 'connection') return expected
  return opened - since > performance.now() - opened ? 'pool' : 'connection'
}

function followAcquired(wait: Wait, callback: Callback): Callback {
  return bindAfter(callback, (error, client) => {
    if (error) wait.fail(error)
    else wait.got(client)
  })
}
