import { TypeError } from '../platform/platform.js'
import { createScope, currentProfiler } from '../points/context.js'
import { followCallIn } from '../promises/follow-call.js'
import type { PointInfo } from '../record/trace-record.js'

/**
 * Runs `fn` in a point and returns its result. A synchronous call stays synchronous, a promise is followed until it
 * settles, and an error is recorded and thrown again. Points in `fn` are nested in this point, even if several
 * `withTrace` calls run in parallel.
 *
 * @example
 * const rows = await withTrace('db', { db: { statement } }, () => query(statement))
 */
export function withTrace<T>(name: string, fn: () => T): T
export function withTrace<T>(name: string, info: PointInfo | undefined, fn: () => T): T
export function withTrace<T>(name: string, ...rest: [() => T] | [PointInfo | undefined, () => T]): T {
  const [info, fn] = rest.length === 1 ? [undefined, rest[0]] : rest
  if (typeof fn !== 'function') throw new TypeError('withTrace() takes a name, an optional info and a function')
  const profiler = currentProfiler()
  if (profiler === undefined) return fn()
  const inside = profiler.fork(name, info)
  return followCallIn(createScope(inside), fn, {
    done: (_, ago) => inside.end(undefined, ago),
    failed: (error, ago) => inside.fail(error, undefined, ago),
  })
}
