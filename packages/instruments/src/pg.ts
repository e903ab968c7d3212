import { get, type Profiler, suppress } from '@osprofiler/core'
import { Reflect } from '@osprofiler/core/toolkit'
import { bindCallback, type Callback, type Ending, followCallback, followPromise, runStep } from './follow.js'
import type { InstrumentSettings } from './instrument-settings.js'
import { whenLoaded } from './library-loads.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { type Around, ownerOf, undoAll, wrapMethod } from './wrap-method.js'

interface Class {
  readonly prototype: object
}

/** The part of pg 8 that is wrapped. Its member `native` loads another client when it is looked at. */
interface Pg {
  readonly Client: Class
  readonly Pool: Class
}

/** What a query is given as, beside a text. */
interface QueryConfig {
  readonly text?: unknown
  readonly name?: unknown
  readonly values?: unknown
  callback?: unknown
}

/** A query that is given as an object which reads the answer by itself: `Query`, `Cursor`, `QueryStream`. */
interface Submittable extends QueryConfig {
  readonly submit: unknown
  readonly cursor?: QueryConfig
}

interface Pool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
  readonly options: { readonly max: number }
}

/**
 * Makes the queries of pg 8 points named `db`, by a client or a pool, with promises, callbacks, cursors and streams;
 * the wait for a client of a pool is a point `wait`. The client `pg.native` is left alone.
 *
 * Callbacks run in the context of whoever gave them: pg calls them in that of who opened the connection, or who gave
 * a client back to the pool, so that one request would record what another one does. This goes for untraced ones too.
 */
export function instrumentPg({ traceSql, libraries }: InstrumentSettings): () => void {
  if (traceSql === 'off') return () => undefined
  const start = createStartSql(traceSql, 'postgresql')
  const given = libraries.pg as Partial<Pg> | undefined
  return undoAll([
    // By their own files: others, who wrap them when these are loaded and again with the main file, look for themselves
    // on top, and would wrap once more around us.
    whenLoaded(
      'pg',
      exports => {
        const { prototype } = exports as Class
        return undoAll([
          wrapMethod(prototype, 'query', createAroundQuery(start)),
          wrapMethod(prototype, 'connect', aroundOpen),
        ])
      },
      { file: 'lib/client.js', given: given?.Client },
    ),
    whenLoaded(
      'pg-pool',
      exports => wrapMethod(ownerOf((exports as Class).prototype, 'connect'), 'connect', aroundAcquire),
      { given: given?.Pool },
    ),
  ])
}

function createAroundQuery(start: StartSql): Around {
  return (original, self, args) => {
    const profiler = get()
    const [config, values, last] = args
    const holder = typeof config === 'object' && config !== null ? (config as QueryConfig) : undefined
    if (isSubmittable(holder)) {
      followSubmittable(holder, args, profiler && startSubmittable(start, profiler, holder))
      return Reflect.apply(original, self, args)
    }
    const at = typeof last === 'function' ? 2 : typeof values === 'function' ? 1 : -1
    const callback = at < 0 ? holder?.callback : args[at]
    if (typeof callback !== 'function') {
      if (profiler === undefined) return Reflect.apply(original, self, args)
      return followPromise(startQuery(start, profiler, config, values), () => Reflect.apply(original, self, args))
    }
    const step = profiler && startQuery(start, profiler, config, values)
    const followed = followCallback(step, callback as Callback)
    if (at < 0) args = [config, values, followed]
    else args[at] = followed
    if (step === undefined && holder === undefined) return Reflect.apply(original, self, args)
    try {
      return runStep(step, () => Reflect.apply(original, self, args))
    } finally {
      // pg writes it into the object, which may be used again.
      if (holder?.callback === followed) holder.callback = callback
    }
  }
}

function startQuery(start: StartSql, profiler: Profiler, config: unknown, values: unknown): Ending {
  const given = typeof values === 'function' ? undefined : values
  if (typeof config !== 'object' || config === null) return start(profiler, config, given)
  const { text, name, values: own } = config as QueryConfig
  // A statement that is prepared already may be named alone.
  return start(profiler, text ?? name, given ?? own)
}

function isSubmittable(config: QueryConfig | undefined): config is Submittable {
  return typeof (config as Submittable | undefined)?.submit === 'function'
}

function startSubmittable(start: StartSql, profiler: Profiler, query: Submittable): Ending {
  const { text, values } = query.cursor ?? query
  return start(profiler, text, values)
}

/** It reads the answer by itself: pg tells it when there is no more of it. */
function followSubmittable(query: Submittable, args: unknown[], step: Ending | undefined): void {
  if (typeof query.callback === 'function') query.callback = bindCallback(query.callback)
  for (const [index, arg] of args.entries()) if (typeof arg === 'function') args[index] = bindCallback(arg)
  if (step === undefined) return
  wrapMethod(query, 'handleReadyForQuery', (original, self, given) => {
    step.stop()
    return Reflect.apply(original, self, given)
  })
  wrapMethod(query, 'handleError', (original, self, given) => {
    step.fail(given[0])
    return Reflect.apply(original, self, given)
  })
}

/** What a connection does by itself belongs to no request, and its socket is none's. */
const aroundOpen: Around = (original, self, args) => {
  if (get() === undefined) return Reflect.apply(original, self, args)
  const bound = args.map(arg => (typeof arg === 'function' ? bindCallback(arg) : arg))
  return suppress(() => Reflect.apply(original, self, bound))
}

const aroundAcquire: Around = (original, self, args) => {
  const profiler = get()
  const reason = profiler && reasonToWait(self as Pool)
  const wait = reason === undefined ? undefined : profiler?.startBeside('wait', { wait: { for: reason } })
  const [callback] = args
  if (typeof callback === 'function') {
    const followed = followCallback(wait, callback as Callback)
    return wait === undefined
      ? Reflect.apply(original, self, [followed])
      : runStep(wait, () => Reflect.apply(original, self, [followed]))
  }
  return wait === undefined
    ? Reflect.apply(original, self, args)
    : followPromise(wait, () => Reflect.apply(original, self, args))
}

/** Why a client cannot be had at once; `undefined` where it can. Those who came before are served first. */
function reasonToWait({ idleCount, waitingCount, totalCount, options }: Pool): string | undefined {
  if (idleCount > waitingCount) return undefined
  return totalCount < options.max ? 'connection' : 'pool'
}
