import { get, type Profiler, suppress } from '@osprofiler/core'
import { Number, Reflect, takeContext, WeakSet } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { type Callback, endAtCallback, failIfThrown, proceedToCallback, type Step } from '../points/end-step.js'
import { type PoolState, startPoolWait } from '../points/start-wait.js'
import { ownWork, withCallbacks } from '../wrapping/keep-context.js'
import { type Around, undoAll, wrapMethod, wrapMethods } from '../wrapping/wrap-method.js'
import { type SeenClasses, wrapWhenSeen } from '../wrapping/wrap-when-seen.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { sayCallsUnrecorded } from './unrecorded-library.js'

/** What a query is given as, beside a text: options, or a command that was made of them. */
interface QueryOptions {
  readonly sql?: unknown
  readonly values?: unknown
  onResult?: unknown
}

interface Pool {
  readonly config: { readonly connectionLimit: number }
  readonly _freeConnections: { readonly length: number }
  readonly _allConnections: { readonly length: number }
}

/** What `prepare` gives. */
interface Prepared {
  readonly query: unknown
}

/**
 * Makes the queries of mysql2 2 and 3 points named `db`, by a connection or a pool, `query` or `execute`, with promises
 * (which it builds on callbacks), callbacks, events and streams; the wait for a connection of a pool is a point `wait`.
 * To `prepare` a statement is a point, and so is each time that this is executed.
 *
 * By its methods, not by its channels: those give no way to run the callback of who waited for a connection in his own
 * context instead of that of who gave it back, tell of a query with its values put in, and are there from 3.20 on.
 */
export function instrumentMysql2({ traceSql, libraries }: InstrumentSettings): () => void {
  const start = createStartSql(traceSql, 'mysql', 'mysql2')
  const given = libraries.mysql2 as { Connection?: unknown; Pool?: unknown } | undefined
  const prepared = wrapWhenSeen(statements => wrapMethods(statements, { execute: createAround(openPrepared(start)) }))
  // Its promises load these without its main file.
  const connection = { file: 'lib/connection.js', given: given?.Connection }
  const pool = { file: 'lib/pool.js', given: given?.Pool }
  const aroundConnection = {
    query: createAround(openQuery(start)),
    execute: createAround(openQuery(start)),
    prepare: createAroundPrepare(createAround(openPrepare(start)), prepared),
    // What else of a connection takes a callback.
    ...withCallbacks('ping', 'changeUser', 'reset', 'connect', 'end'),
  }
  const aroundPool = {
    getConnection: createAroundAcquire(traceSql !== 'off'),
    ...ownWork('_removeIdleTimeoutConnections', '_removeConnection'),
  }
  return undoAll([
    wrapLibrary('mysql2', [
      { ...connection, methods: aroundConnection },
      { ...pool, methods: aroundPool },
    ]),
    prepared.undo,
    sayCallsUnrecorded(traceSql, 'mysql2', connection),
  ])
}

/** Opens the point of a call, if it is to be recorded. */
type Open = (profiler: Profiler | undefined, self: unknown, args: readonly unknown[]) => Step | undefined

function openQuery(start: StartSql): Open {
  return (profiler, _self, [sql, values]) => {
    const options = optionsOf(sql) ?? { sql }
    return start(profiler, options.sql, typeof values === 'function' || values === undefined ? options.values : values)
  }
}

function openPrepare(start: StartSql): Open {
  return (profiler, _self, [given]) => {
    const sql = optionsOf(given)?.sql ?? given
    return start(profiler, typeof sql === 'string' ? `PREPARE ${sql}` : sql)
  }
}

function openPrepared(start: StartSql): Open {
  return (profiler, self, [values]) => {
    return start(profiler, (self as Prepared).query, typeof values === 'function' ? undefined : values)
  }
}

function optionsOf(given: unknown): QueryOptions | undefined {
  return typeof given === 'object' && given !== null ? (given as QueryOptions) : undefined
}

function createAround(open: Open): Around {
  return (proceed, self, args) => {
    const step = open(get(), self, args)
    const at = args.findLastIndex(arg => typeof arg === 'function')
    if (at >= 0) return proceedToCallback(step, proceed, args, at)
    const options = optionsOf(args[0])
    if (typeof options?.onResult === 'function') {
      options.onResult = endAtCallback(step, options.onResult as Callback)
      return failIfThrown(step, () => proceed(args))
    }
    const command = failIfThrown(step, () => proceed(args))
    followEvents(command, step)
    return command
  }
}

/** The class of prepared statements is not exported: the first one that is prepared leads to it. */
function createAroundPrepare(around: Around, prepared: SeenClasses): Around {
  return (proceed, self, args) => {
    const [options, callback] = args
    if (typeof callback !== 'function') return around(proceed, self, args)
    const seeing: Callback = function (error, statement, ...more) {
      return Reflect.apply(callback, this, [error, prepared.see(statement), ...more])
    }
    return around(proceed, self, [options, seeing])
  }
}

/** Not by listeners: an error to which nobody listens must stay one. Those that there are run in today's context. */
function followEvents(command: unknown, step: Step | undefined): void {
  if (typeof command !== 'object' || command === null) return
  const inContext = takeContext()
  wrapMethod(command, 'emit', (proceed, _self, args) => {
    if (args[0] === 'error') step?.fail(args[1])
    if (args[0] === 'end') step?.stop()
    return inContext(() => proceed(args))
  })
}

function createAroundAcquire(records: boolean): Around {
  // One who waited is told to come again, in the context of another request, when a connection has broken.
  const known = new WeakSet<object>()
  return (proceed, self, args) => {
    const [callback] = args
    if (typeof callback !== 'function') return proceed(args)
    // The connection that it may open is no request's.
    const acquire = (then: unknown) => suppress(() => proceed([then]))
    if (known.has(callback)) return acquire(callback)
    const wait = records ? startPoolWait(self as Pool, readState) : undefined
    const followed = endAtCallback(wait, callback as Callback)
    known.add(followed)
    return failIfThrown(wait, () => acquire(followed))
  }
}

function readState({ config, _freeConnections, _allConnections }: Pool): PoolState {
  const max = config.connectionLimit || Number.POSITIVE_INFINITY
  // A free connection is given at once, and nobody waits while there is room for one more.
  return { free: _freeConnections.length, waiting: 0, open: _allConnections.length, max }
}
