import { get, type Profiler } from '@osprofiler/core'
import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import {
  type Callback,
  type DescribeResults,
  endAtCallback,
  endWhenSettled,
  failIfThrown,
  type Step,
} from '../points/end-step.js'
import { describeRowList } from '../points/returned-rows.js'
import { aroundOwnWork, bindCallbacks } from '../wrapping/keep-context.js'
import { type Around, undoAll } from '../wrapping/wrap-method.js'
import { createPgPoolWrappers } from './pg-pool.js'
import { followSubmittable, isSubmittable, type QueryConfig } from './pg-submittable.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { reportUnrecordedCalls } from './unrecorded-library.js'

/**
 * The exports of pg 8 that are wrapped. The property `native` is omitted, because reading it would load a different
 * client.
 */
interface Pg {
  readonly Client?: unknown
  readonly Pool?: unknown
}

/**
 * Records the queries of pg 8 as points named `db`. Queries may be made by clients or pools, with promises, callbacks,
 * cursors or streams. The wait for a pool client is a point named `wait`. `pg.native` is not changed.
 *
 * All callbacks run in their caller's context, even if the caller is untraced or SQL is not recorded. Otherwise the
 * callbacks would run in the context of the code that opened the connection or returned the client. One request would
 * then record the work of another request.
 */
export function instrumentPg({ traceSql, libraries }: InstrumentSettings): () => void {
  const start = createStartSql(traceSql, 'postgresql', 'pg')
  const given = libraries.pg as Pg | undefined
  // The classes are wrapped in the files that define them, before other tools wrap them. Some tools wrap the classes
  // when these files are loaded, and again when the main file is loaded. Such a tool recognizes only the outermost
  // wrapper of a method. If our wrapper were the outermost one, the tool would wrap the method twice.
  const client = { file: 'lib/client.js', given: given?.Client }
  // A connection's own work and its socket belong to no request.
  const aroundClient = { query: createAroundQuery(start), connect: aroundOwnWork }
  return undoAll([
    wrapLibrary('pg', [{ ...client, methods: aroundClient }]),
    wrapLibrary('pg-pool', [{ given: given?.Pool, methods: createPgPoolWrappers(traceSql !== 'off') }]),
    reportUnrecordedCalls(traceSql, 'pg', client),
  ])
}

function createAroundQuery(start: StartSql): Around {
  return (proceed, self, args) => {
    const profiler = get()
    const [config, values, last] = args
    const holder = typeof config === 'object' && config !== null ? (config as QueryConfig) : undefined
    if (isSubmittable(holder)) {
      const { text, values: ownValues } = holder.cursor ?? holder
      followSubmittable(holder, start(profiler, text, ownValues, self))
      return proceed(bindCallbacks(args))
    }
    const step = startQuery(start, profiler, config, values, self)
    const at = typeof last === 'function' ? 2 : typeof values === 'function' ? 1 : -1
    const callback = at < 0 ? holder?.callback : args[at]
    if (typeof callback !== 'function') return endWhenSettled(step, () => proceed(args), describeResult)
    const followed = endAtCallback(step, callback as Callback, describeResult)
    const newArgs = at < 0 ? [config, values, followed] : args.with(at, followed)
    try {
      return failIfThrown(step, () => proceed(newArgs))
    } finally {
      // pg stores our callback in the query object. The program may reuse this object, so the program's callback is
      // restored.
      if (holder?.callback === followed) holder.callback = callback
    }
  }
}

/** The part of pg's result that shows the number of rows. Statements that return no rows have no fields. */
interface Result {
  readonly rows?: unknown
  readonly fields?: { readonly length?: number }
}

const describeResult: DescribeResults = result => {
  const { rows, fields } = (result ?? {}) as Result
  return fields?.length ? describeRowList(rows) : undefined
}

function startQuery(
  start: StartSql,
  profiler: Profiler | undefined,
  config: unknown,
  values: unknown,
  client: unknown,
): Step | undefined {
  const given = typeof values === 'function' ? undefined : values
  if (typeof config !== 'object' || config === null) return start(profiler, config, given, client)
  const { text, name, values: ownValues } = config as QueryConfig
  // The program may run a prepared statement by passing only its name.
  return start(profiler, text ?? name, given ?? ownValues, client)
}
