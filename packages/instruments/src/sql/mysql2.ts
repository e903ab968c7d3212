import { get, type Profiler, suppress } from '@osprofiler/core'
import { Array, Number, Reflect, takeCaller, takeContext, WeakSet } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import {
  type Callback,
  type DescribeResults,
  endAtCallback,
  failIfThrown,
  proceedToCallback,
  type Step,
} from '../points/end-step.js'
import { notePool } from '../points/pool-number.js'
import { describeRowList, describeRows } from '../points/returned-rows.js'
import { type PoolState, startPoolWait } from '../points/start-wait.js'
import { wrapCallbacks, wrapOwnWork } from '../wrapping/keep-context.js'
import { type Around, undoAll, wrapMethod, wrapMethods } from '../wrapping/wrap-method.js'
import { type SeenClasses, wrapWhenSeen } from '../wrapping/wrap-when-seen.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { reportUnrecordedCalls } from './unrecorded-library.js'

/** A query that was not passed as a string, but as options or as a command object. */
interface QueryOptions {
  readonly sql?: unknown
  readonly values?: unknown
  onResult?: unknown
}

interface Pool {
  readonly config: { readonly connectionLimit: number }
  readonly _freeConnections: { readonly length: number }
  readonly _allConnections: { readonly length: number }
  readonly _connectionQueue: { readonly length: number }
}

interface Connection {
  /** The pool that lent the connection, until the program returns the connection. */
  readonly _pool?: object | null
}

interface Prepared {
  readonly query: unknown
}

/**
 * Records the queries of mysql2 2 and 3 as points named `db`: calls of `query` and `execute` on connections and pools.
 * Callers may use callbacks, promises (which mysql2 builds on callbacks), events or streams. The wait for a pool
 * connection is a point named `wait`. Preparing a statement is recorded as a point, and so is each execution of the
 * statement.
 *
 * Wraps methods instead of using diagnostics channels, because the channels exist only in 3.20 and later, and contain
 * the values of queries. In addition, the channels would run the callback of a waiting call in the wrong context: that
 * of the code that returned the connection.
 */
export function instrumentMysql2({ traceSql, libraries }: InstrumentSettings): () => void {
  const start = createStartSql(traceSql, 'mysql', 'mysql2')
  const given = libraries.mysql2 as { Connection?: unknown; Pool?: unknown } | undefined
  const preparedClasses = wrapWhenSeen(statements =>
    wrapMethods(statements, { execute: createAroundCall(createStartExecute(start)) }),
  )
  // These files are wrapped instead of the main file, because the promise API of mysql2 does not load the main file.
  const connection = { file: 'lib/connection.js', given: given?.Connection }
  const pool = { file: 'lib/pool.js', given: given?.Pool }
  const aroundConnection = {
    query: createAroundCall(createStartQuery(start)),
    execute: createAroundCall(createStartQuery(start)),
    prepare: createAroundPrepare(createAroundCall(createStartPrepare(start)), preparedClasses),
    // Other connection methods that take a callback.
    ...wrapCallbacks('ping', 'changeUser', 'reset', 'connect', 'end'),
  }
  const aroundPool = {
    getConnection: createAroundAcquire(traceSql !== 'off'),
    ...wrapOwnWork('_removeIdleTimeoutConnections', '_removeConnection'),
  }
  return undoAll([
    wrapLibrary('mysql2', [
      { ...connection, methods: aroundConnection },
      { ...pool, methods: aroundPool },
    ]),
    preparedClasses.undo,
    reportUnrecordedCalls(traceSql, 'mysql2', connection),
  ])
}

type StartStep = (profiler: Profiler | undefined, self: unknown, args: readonly unknown[]) => Step | undefined

function createStartQuery(start: StartSql): StartStep {
  return (profiler, self, [sql, values]) => {
    const options = asQueryOptions(sql) ?? { sql }
    const params = typeof values === 'function' || values === undefined ? options.values : values
    const { _pool } = self as Connection
    // The pool is noted now, because the connection loses it when the program returns the connection, perhaps before
    // the query ends.
    if (profiler !== undefined && _pool) notePool(self, _pool)
    return start(profiler, options.sql, params, self)
  }
}

function createStartPrepare(start: StartSql): StartStep {
  return (profiler, _self, [given]) => {
    const sql = asQueryOptions(given)?.sql ?? given
    return start(profiler, typeof sql === 'string' ? `PREPARE ${sql}` : sql)
  }
}

function createStartExecute(start: StartSql): StartStep {
  return (profiler, self, [values]) => {
    return start(profiler, (self as Prepared).query, typeof values === 'function' ? undefined : values)
  }
}

/**
 * Counts the rows of a single statement. Several statements have no count, because their rows and fields are lists with
 * one entry for each statement.
 */
const describeResult: DescribeResults = (rows, fields) => {
  const first: unknown = Array.isArray(fields) ? fields[0] : undefined
  return typeof first === 'object' && first !== null && !Array.isArray(first) ? describeRowList(rows) : undefined
}

function asQueryOptions(given: unknown): QueryOptions | undefined {
  return typeof given === 'object' && given !== null ? (given as QueryOptions) : undefined
}

function createAroundCall(startStep: StartStep): Around {
  return (proceed, self, args) => {
    const step = startStep(get(), self, args)
    const at = args.findLastIndex(arg => typeof arg === 'function')
    if (at >= 0) return proceedToCallback(step, proceed, args, at, describeResult)
    const options = asQueryOptions(args[0])
    if (typeof options?.onResult === 'function') {
      options.onResult = endAtCallback(step, options.onResult as Callback, describeResult)
      return failIfThrown(step, () => proceed(args))
    }
    const command = failIfThrown(step, () => proceed(args))
    endAtEvents(command, step)
    return command
  }
}

/**
 * Finds and wraps the class of prepared statements when the first statement is prepared, because the class is not
 * exported.
 */
function createAroundPrepare(around: Around, preparedClasses: SeenClasses): Around {
  return (proceed, self, args) => {
    const [options, callback] = args
    if (typeof callback !== 'function') return around(proceed, self, args)
    const seeingCallback: Callback = function (error, statement, ...more) {
      return Reflect.apply(callback, this, [error, preparedClasses.see(statement), ...more])
    }
    return around(proceed, self, [options, seeingCallback])
  }
}

/**
 * Ends the step at the events of a command. Wraps `emit` instead of adding listeners, because an `error` listener of
 * ours would hide an unhandled error. The program's listeners run in the context of the call.
 */
function endAtEvents(command: unknown, step: Step | undefined): void {
  if (typeof command !== 'object' || command === null) return
  const inContext = takeContext()
  let rows: number | undefined
  let areRows = false
  wrapMethod(command, 'emit', (proceed, _self, args) => {
    const [event, value] = args
    if (event === 'error') step?.fail(value)
    else if (event === 'end') step?.stop(describeRows(rows))
    else if (event === 'fields') {
      // A statement that returns no rows emits `fields` without a list, and one `result` that is not a row.
      areRows = Array.isArray(value)
      if (areRows) rows ??= 0
    } else if (event === 'result' && areRows) rows = (rows ?? 0) + 1
    return inContext(() => proceed(args))
  })
}

function createAroundAcquire(recordsWaits: boolean): Around {
  // When a connection breaks, the pool repeats a waiting call with the same callback, in the context of another
  // request. This set contains the callbacks that are already wrapped.
  const followedCallbacks = new WeakSet<object>()
  return (proceed, self, args) => {
    const [callback] = args
    if (typeof callback !== 'function') return proceed(args)
    // The pool may open a connection here. That work belongs to no request.
    const acquire = (onConnection: unknown) => suppress(() => proceed([onConnection]))
    if (followedCallbacks.has(callback)) return acquire(callback)
    const wait = recordsWaits ? startPoolWait(self as Pool, readPoolState) : undefined
    const followed = endAtCallback(wait, callback as Callback, undefined, takeCaller())
    followedCallbacks.add(followed)
    return failIfThrown(wait, () => acquire(followed))
  }
}

function readPoolState({ config, _freeConnections, _allConnections, _connectionQueue }: Pool): PoolState {
  const max = config.connectionLimit || Number.POSITIVE_INFINITY
  // No call waits while a connection is free or the pool is below its limit.
  return { free: _freeConnections.length, waiting: _connectionQueue.length, open: _allConnections.length, max }
}
