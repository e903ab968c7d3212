import { bind, get, suppress } from '@osprofiler/core'
import { Object, Reflect, takeContext } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../loading/library-loads.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { type Around, undoAll, wrapMethod } from '../wrapping/wrap-method.js'
import { createPostgresStep, type PostgresStep, type SentQuery } from './postgres-step.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { sayCallsUnrecorded } from './unrecorded-library.js'

/** What the package exports, in CommonJS: a function that opens a pool, connected when there is a query. */
type OpenPool = (options: object) => (text: TemplateStringsArray) => Query

/** The part of a query that is wrapped: it is sent when somebody waits for it. */
interface Query extends SentQuery {
  readonly executed: boolean
  /** Whether it was asked for a stream, to copy rows. */
  readonly streaming?: boolean
  handler: (query: unknown) => unknown
  forEachFn?: unknown
  cursorFn?: unknown
}

/**
 * Makes the queries of postgres 3 (porsager) points named `db`, and what they wait for a connection a point `wait`.
 *
 * The text of a query is put together when it is written to a connection, and so its point begins then.
 */
export function instrumentPostgres({ traceSql, libraries }: InstrumentSettings): () => void {
  const start = createStartSql(traceSql, 'postgresql', 'postgres')
  const entry = { esModule: 'src/index.js', given: libraries.postgres }
  const around = createAround(start, traceSql !== 'off')
  return undoAll([
    whenLoaded('postgres', exports => wrapMethod(findQueries(exports), 'handle', around), entry),
    sayCallsUnrecorded(traceSql, 'postgres', entry),
  ])
}

/** The class of queries is not exported, so by one of a pool that is never connected. */
function findQueries(exports: unknown): object {
  const { default: open = exports } = exports as { default?: unknown }
  const sql = (open as OpenPool)({ host: '127.0.0.1', port: 1, database: '-', username: '-', max: 1 })
  return Object.getPrototypeOf(sql`SELECT`)
}

/** How the library itself subscribes to all changes: the stream of them stays open, and is no request's. */
const SUBSCRIPTION = /^\s*(?:CREATE|START)_REPLICATION/

function createAround(start: StartSql, records: boolean): Around {
  return (proceed, self, args) => {
    const query = self as Query
    // `then` and `catch` come by here as well, each time.
    if (query.executed) return proceed(args)
    if (SUBSCRIPTION.test(query.strings[0] ?? '')) return suppress(() => proceed(args))
    const profiler = get()
    // Where SQL is not recorded, this only says that there was a query.
    if (!records) start(profiler, '')
    follow(query, records && profiler !== undefined ? createPostgresStep(start, profiler, query) : undefined)
    return proceed(args)
  }
}

function follow(query: Query, step: PostgresStep | undefined): void {
  const { handler } = query
  // The connection that it may open is no request's.
  const queue = (sent: unknown) => {
    const result = suppress(() => handler(sent))
    step?.wait()
    return result
  }
  query.handler = Object.assign(queue, handler)
  for (const name of ['forEachFn', 'cursorFn'] as const) {
    const fn = query[name]
    // Called while the answer is read, in the context of who opened the connection.
    if (typeof fn === 'function') query[name] = bind(fn as () => unknown)
  }
  if (query.streaming) intercept(query, 'resolve', value => before(value, createKeepEvents()))
  if (step === undefined) return
  // Set when its text is there and it is about to be written.
  intercept(query, 'statement', value => {
    step.send()
    return value
  })
  // Replaced, for a cursor, before each of its rows.
  intercept(query, 'resolve', value => before(value, () => step.stop()))
  intercept(query, 'reject', value => before(value, error => step.fail(error)))
}

/** Has the events of a stream run in today's context. The stream is made when the answer begins. */
function createKeepEvents(): (stream: unknown) => void {
  const inContext = takeContext()
  return stream => {
    if (typeof stream !== 'object' || stream === null) return
    wrapMethod(stream, 'emit', (proceed, _self, args) => inContext(() => proceed(args)))
  }
}

function before(value: unknown, then: (argument: unknown) => void): unknown {
  if (typeof value !== 'function') return value
  return function (this: unknown, argument: unknown) {
    then(argument)
    return Reflect.apply(value, this, [argument])
  }
}

/** Lets what is set at a member pass through a function. */
function intercept(holder: object, name: string, pass: (value: unknown) => unknown): void {
  const now: unknown = Reflect.get(holder, name)
  let current = typeof now === 'function' ? pass(now) : now
  Object.defineProperty(holder, name, {
    configurable: true,
    enumerable: true,
    get: () => current,
    set(value) {
      current = pass(value)
    },
  })
}
