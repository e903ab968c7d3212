import { bind, get, type PointInfo, suppress } from '@osprofiler/core'
import { Object, Reflect, takeContext } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../loading/library-loads.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { describeRowList } from '../points/returned-rows.js'
import { wrapThen } from '../wrapping/around-then.js'
import { type Around, undoAll, wrapMethod, wrapMethods } from '../wrapping/wrap-method.js'
import { createPostgresStep, type PostgresStep, type SentQuery } from './postgres-step.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { reportUnrecordedCalls } from './unrecorded-library.js'

/** The CommonJS export: a function that opens a pool. The pool connects for its first query. */
type OpenPool = (options: object) => (text: TemplateStringsArray) => Query

/** The wrapped part of a query. The query is sent when it is awaited. */
interface Query extends SentQuery {
  readonly executed: boolean
  /** Whether the program requested a stream, for copying rows. */
  readonly streaming?: boolean
  handler: (query: unknown) => unknown
  forEachFn?: unknown
  cursorFn?: unknown
}

/**
 * Records the queries of postgres 3 (porsager) as points named `db`, and their waits for a connection as points named
 * `wait`.
 */
export function instrumentPostgres({ traceSql, libraries }: InstrumentSettings): () => void {
  const start = createStartSql(traceSql, 'postgresql', 'postgres')
  const entry = { esModule: 'src/index.js', given: libraries.postgres }
  const around = createAroundHandle(start, traceSql !== 'off')
  return undoAll([
    whenLoaded(
      'postgres',
      exports => wrapMethods(findQueryPrototype(exports), { ...wrapThen(), handle: around }),
      entry,
    ),
    // The ES module may have been loaded by `whenLoaded` above, and not by the program. Its calls are noted anyway.
    reportUnrecordedCalls(traceSql, 'postgres', { given: libraries.postgres }),
  ])
}

/** Finds the class of queries, which is not exported, by creating a query on a pool that never connects. */
function findQueryPrototype(exports: unknown): object {
  const { default: open = exports } = exports as { default?: unknown }
  const sql = (open as OpenPool)({ host: '127.0.0.1', port: 1, database: '-', username: '-', max: 1 })
  return Object.getPrototypeOf(sql`SELECT`)
}

/** Queries with which the library subscribes to changes. Their stream stays open and belongs to no request. */
const SUBSCRIPTION = /^\s*(?:CREATE|START)_REPLICATION/

function createAroundHandle(start: StartSql, recordsQueries: boolean): Around {
  return (proceed, self, args) => {
    const query = self as Query
    // Each call of `then` or `catch` also calls this method.
    if (query.executed) return proceed(args)
    if (SUBSCRIPTION.test(query.strings[0] ?? '')) return suppress(() => proceed(args))
    const profiler = get()
    // With SQL off, this only notes that a query was made.
    if (!recordsQueries) start(profiler, '')
    followQuery(
      query,
      recordsQueries && profiler !== undefined ? createPostgresStep(start, profiler, query) : undefined,
    )
    return proceed(args)
  }
}

function followQuery(query: Query, step: PostgresStep | undefined): void {
  const { handler } = query
  // The pool may open a connection here, which belongs to no request.
  const suppressedHandler = (sent: unknown) => {
    const result = suppress(() => handler(sent))
    step?.wait()
    return result
  }
  query.handler = Object.assign(suppressedHandler, handler)
  for (const name of ['forEachFn', 'cursorFn'] as const) {
    const fn = query[name]
    // The library calls this function while it reads the response, in the context of the code that opened the
    // connection.
    if (typeof fn === 'function') query[name] = bind(fn as () => unknown)
  }
  if (query.streaming) interceptMember(query, 'resolve', value => callBefore(value, createEventBinder()))
  if (step === undefined) return
  // The library sets `statement` when the text is complete, just before the query is written.
  interceptMember(query, 'statement', value => {
    step.send()
    return value
  })
  // A cursor sets a new `resolve` before each row.
  // A part of the rows of a cursor does not say how many there are.
  const describe = query.cursorFn || query.forEachFn ? () => undefined : describeResult
  interceptMember(query, 'resolve', value => callBefore(value, result => step.stop(describe(result))))
  interceptMember(query, 'reject', value => callBefore(value, error => step.fail(error)))
}

/** Statements that return no rows have no columns. The results of several statements are a list without columns. */
function describeResult(result: unknown): PointInfo | undefined {
  const { columns } = (result ?? {}) as { readonly columns?: { readonly length?: number } | null }
  return columns?.length ? describeRowList(result) : undefined
}

/** Runs a stream's events in the current context. The library creates the stream when the response begins. */
function createEventBinder(): (stream: unknown) => void {
  const inContext = takeContext()
  return stream => {
    if (typeof stream !== 'object' || stream === null) return
    wrapMethod(stream, 'emit', (proceed, _self, args) => inContext(() => proceed(args)))
  }
}

function callBefore(value: unknown, onCall: (argument: unknown) => void): unknown {
  if (typeof value !== 'function') return value
  return function (this: unknown, argument: unknown) {
    onCall(argument)
    return Reflect.apply(value, this, [argument])
  }
}

/** Passes each value that is assigned to a property through a function. */
function interceptMember(holder: object, name: string, transform: (value: unknown) => unknown): void {
  const now: unknown = Reflect.get(holder, name)
  let current = typeof now === 'function' ? transform(now) : now
  Object.defineProperty(holder, name, {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(value) {
      current = transform(value)
    },
  })
}
