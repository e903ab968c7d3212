import { bind, get, type Point, type Profiler, suppress } from '@osprofiler/core'
import { Object, Reflect } from '@osprofiler/core/toolkit'
import type { Ending } from './follow.js'
import type { InstrumentSettings } from './instrument-settings.js'
import { whenLoaded } from './library-loads.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { type Around, wrapMethod } from './wrap-method.js'

/** What the package exports, in CommonJS: a function that opens a pool, connected when there is a query. */
type OpenPool = (options: object) => (text: TemplateStringsArray) => Query

/** The part of a query that is wrapped: it is sent when somebody waits for it. */
interface Query {
  readonly strings: readonly string[]
  readonly executed: boolean
  readonly string?: string
  readonly parameters?: unknown
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
  if (traceSql === 'off') return () => undefined
  const start = createStartSql(traceSql, 'postgresql')
  return whenLoaded('postgres', exports => wrapMethod(findQueries(exports), 'handle', createAround(start)), {
    esModule: 'src/index.js',
    given: libraries.postgres,
  })
}

/** The class of queries is not exported, so by one of a pool that is never connected. */
function findQueries(exports: unknown): object {
  const { default: open = exports } = exports as { default?: unknown }
  const sql = (open as OpenPool)({ host: '127.0.0.1', port: 1, database: '-', username: '-', max: 1 })
  return Object.getPrototypeOf(sql`SELECT`)
}

function createAround(start: StartSql): Around {
  return (original, self, args) => {
    const profiler = get()
    const query = self as Query
    // `then` and `catch` come by here as well, each time.
    if (profiler === undefined || query.executed) return Reflect.apply(original, self, args)
    follow(query, createStep(start, profiler, query))
    return Reflect.apply(original, self, args)
  }
}

interface Step extends Ending {
  wait(): void
  send(): void
}

function createStep(start: StartSql, profiler: Profiler, query: Query): Step {
  let wait: Point | undefined
  let sent: Ending | undefined

  function send(): Ending {
    wait?.stop()
    // One that was never written has the text of the program alone: no parameter is counted yet.
    sent ??= start(profiler, query.string ?? query.strings.join('?'), query.parameters)
    return sent
  }

  return {
    wait() {
      if (sent === undefined) wait ??= profiler.startBeside('wait', { wait: { for: 'pool' } })
    },
    send,
    stop: () => send().stop(),
    fail: error => send().fail(error),
  }
}

function follow(query: Query, step: Step): void {
  const { handler } = query
  // The connection that it may open is no request's.
  const queue = (sent: unknown) => {
    const result = suppress(() => handler(sent))
    step.wait()
    return result
  }
  query.handler = Object.assign(queue, handler)
  for (const name of ['forEachFn', 'cursorFn'] as const) {
    const fn = query[name]
    // Called while the answer is read, in the context of who opened the connection.
    if (typeof fn === 'function') query[name] = bind(fn as () => unknown)
  }
  // Set when its text is there and it is about to be written.
  intercept(query, 'statement', value => {
    step.send()
    return value
  })
  // Replaced, for a cursor, before each of its rows.
  intercept(query, 'resolve', value => before(value, () => step.stop()))
  intercept(query, 'reject', value => before(value, error => step.fail(error)))
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
