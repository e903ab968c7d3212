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

/** The library's CommonJS export: a function that creates a pool. The pool does not connect before its first query. */
type OpenPool = (options: object) => (text: TemplateStringsArray) => Query

/** The members of a query that this instrument uses. A query is sent when it is awaited. */
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
    // Only the CommonJS file is watched here. The ES module may have been loaded by `whenLoaded` above instead of by
    // the program. So calls through the ES module are noted when they happen.
    reportUnrecordedCalls(traceSql, 'postgres', { given: libraries.postgres }),
  ])
}

/** Finds the prototype of queries, whose class is not exported, by creating a query on a pool that never connects. */
function findQueryPrototype(exports: unknown): object {
  const { default: open = exports } = exports as { default?: unknown }
  const sql = (open as OpenPool)({ host: '127.0.0.1', port: 1, database: '-', username: '-', max: 1 })
  return Object.getPrototypeOf(sql`SELECT`)
}

/** Queries by which the library subscribes to changes. Their stream stays open and belongs to no request. */
const SUBSCRIPTION = /^\s*(?:CREATE|START)_REPLICATION/

function createAroundHandle(start: StartSql, recordsQueries: boolean): Around {
  return (proceed, self, args) => {
    const query = self as Query
    // The query was sent earlier: each call of `then` or `catch` calls this method again.
    if (query.executed) return proceed(args)
    if (SUBSCRIPTION.test(query.strings[0] ?? '')) return suppress(() => proceed(args))
    const profiler = get()
    // If SQL is not recorded, this call only notes in the trace that the library was used.
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
  // The pool may open a connection here. That work belongs to no request.
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
  // Each assignment is intercepted, because a cursor sets a new `resolve` before each batch of rows. Rows of a cursor
  // are not counted, because a batch does not show the total.
  const describe = query.cursorFn || query.forEachFn ? () => undefined : describeResult
  interceptMember(query, 'resolve', value => callBefore(value, result => step.stop(describe(result))))
  interceptMember(query, 'reject', value => callBefore(value, error => step.fail(error)))
}

/** Statements that return no rows have no columns. The results of several statements are a list without columns. */
function describeResult(result: unknown): PointInfo | undefined {
  const { columns } = (result ?? {}) as { readonly columns?: { readonly length?: number } | null }
  return columns?.length ? describeRowList(result) : undefined
}

/**
 * Returns a function that makes a stream emit its events in the current context. The library creates the stream when
 * the response begins.
 */
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

/**
 * Replaces each value that is assigned to a property with the result of `transform`. Also transforms the current value
 * if it is a function.
 */
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
