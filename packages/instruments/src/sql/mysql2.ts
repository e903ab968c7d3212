import { get, type Profiler, suppress } from '@osprofiler/core'
import { Number, Object, Reflect, takeContext, WeakSet } from '@osprofiler/core/toolkit'
import { type OnLibrary, whenLoaded } from '../loading/library-loads.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { type Callback, endAtCallback, failIfThrown, type Step } from '../points/end-step.js'
import { reasonToWait } from '../points/start-wait.js'
import { aroundCallbacks, aroundOwnWork } from '../wrapping/keep-context.js'
import { type Around, ownerOf, undoAll, wrapMethod, wrapMethods } from '../wrapping/wrap-method.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { sayLoadedUnrecorded } from './unrecorded-library.js'

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

  const onConnection: OnLibrary = exports => {
    const { prototype } = exports as { prototype: object }
    const wrap = (name: string, around: Around) => wrapMethod(ownerOf(prototype, name), name, around)
    return undoAll([
      ...['query', 'execute'].map(name => wrap(name, createAround(openQuery(start)))),
      wrapPrepare(wrap, start),
      ...OTHERS.map(name => wrap(name, aroundCallbacks)),
      traceSql === 'off' ? sayLoadedUnrecorded('mysql2') : undefined,
    ])
  }
  const onPool: OnLibrary = exports => {
    const { prototype } = exports as { prototype: object }
    const owner = ownerOf(prototype, 'getConnection')
    return undoAll([
      wrapMethod(owner, 'getConnection', createAroundAcquire(traceSql !== 'off')),
      wrapMethods(owner, ['_removeIdleTimeoutConnections', '_removeConnection'], aroundOwnWork),
    ])
  }
  const given = libraries.mysql2 as { Connection?: unknown; Pool?: unknown } | undefined
  return undoAll([
    // Its promises load these without its main file.
    whenLoaded('mysql2', onConnection, { file: 'lib/connection.js', given: given?.Connection }),
    whenLoaded('mysql2', onPool, { file: 'lib/pool.js', given: given?.Pool }),
  ])
}

/** What else of a connection takes a callback. */
const OTHERS = ['ping', 'changeUser', 'reset', 'connect', 'end']

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
  return (original, self, args) => {
    const step = open(get(), self, args)
    const at = args.findLastIndex(arg => typeof arg === 'function')
    if (at >= 0) {
      const followed = endAtCallback(step, args[at] as Callback)
      return failIfThrown(step, () => Reflect.apply(original, self, args.with(at, followed)))
    }
    const options = optionsOf(args[0])
    if (typeof options?.onResult === 'function') {
      options.onResult = endAtCallback(step, options.onResult as Callback)
      return failIfThrown(step, () => Reflect.apply(original, self, args))
    }
    const command = failIfThrown(step, () => Reflect.apply(original, self, args))
    followEvents(command, step)
    return command
  }
}

/** The class of prepared statements is not exported: the first one that is prepared leads to it. */
function wrapPrepare(wrap: (name: string, around: Around) => (() => void) | undefined, start: StartSql): () => void {
  let unwrap: (() => void) | undefined
  const around = createAround(openPrepare(start))
  const learn = (statement: unknown) => {
    if (typeof statement !== 'object' || statement === null) return
    unwrap ??= wrapMethod(Object.getPrototypeOf(statement), 'execute', createAround(openPrepared(start)))
  }
  const undo = wrap('prepare', (original, self, args) => {
    const [options, callback] = args
    if (typeof callback !== 'function') return around(original, self, args)
    const learning: Callback = function (error, statement, ...more) {
      learn(statement)
      return Reflect.apply(callback, this, [error, statement, ...more])
    }
    return around(original, self, [options, learning])
  })
  return () => {
    undo?.()
    unwrap?.()
    // One that is being prepared leads to it no more.
    unwrap = () => undefined
  }
}

/** Not by listeners: an error to which nobody listens must stay one. Those that there are run in today's context. */
function followEvents(command: unknown, step: Step | undefined): void {
  if (typeof command !== 'object' || command === null) return
  const inContext = takeContext()
  wrapMethod(command, 'emit', (original, self, args) => {
    if (args[0] === 'error') step?.fail(args[1])
    if (args[0] === 'end') step?.stop()
    return inContext(() => Reflect.apply(original, self, args))
  })
}

function createAroundAcquire(records: boolean): Around {
  // One who waited is told to come again, in the context of another request, when a connection has broken.
  const known = new WeakSet<object>()
  return (original, self, args) => {
    const [callback] = args
    if (typeof callback !== 'function') return Reflect.apply(original, self, args)
    // The connection that it may open is no request's.
    const acquire = (then: unknown) => suppress(() => Reflect.apply(original, self, [then]))
    if (known.has(callback)) return acquire(callback)
    const profiler = records ? get() : undefined
    const reason = profiler && whyWait(self as Pool)
    const wait = reason === undefined ? undefined : profiler?.startBeside('wait', { wait: { for: reason } })
    const followed = endAtCallback(wait, callback as Callback)
    known.add(followed)
    return failIfThrown(wait, () => acquire(followed))
  }
}

function whyWait({ config, _freeConnections, _allConnections }: Pool): string | undefined {
  const max = config.connectionLimit || Number.POSITIVE_INFINITY
  // A free connection is given at once, and nobody waits while there is room for one more.
  return reasonToWait({ free: _freeConnections.length, waiting: 0, open: _allConnections.length, max })
}
