import { takeCallSite, WeakMap } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { endWhenSettled } from '../points/end-step.js'
import { type PoolState, startPoolWait } from '../points/start-wait.js'
import { wrapThen } from '../wrapping/around-then.js'
import { wrapOwnWork } from '../wrapping/keep-context.js'
import { type Around, undoAll } from '../wrapping/wrap-method.js'

/** The part of a knex client that this instrument reads. Its pool manages the connections of pg and other libraries. */
interface KnexClient {
  readonly pool?: {
    readonly max: number
    readonly used?: readonly { readonly resource: unknown }[]
    numFree(): number
    numUsed(): number
    numPendingAcquires(): number
  }
}

/**
 * Records the wait for a connection of knex's pool as a point named `wait`. The instrument of the underlying database
 * library records the queries.
 */
export function instrumentKnex({ traceSql, libraries }: InstrumentSettings): () => void {
  const given = (libraries.knex as { Client?: unknown } | undefined)?.Client
  const methods = traceSql === 'off' ? {} : { acquireConnection: aroundAcquire }
  return undoAll([
    // The pool opens, checks and closes connections while a connection is requested or returned. This work belongs to
    // no request.
    wrapLibrary('tarn', [{ file: 'dist/Pool.js', classes: { Pool: POOL_OWN_WORK } }]),
    wrapLibrary('knex', [
      { file: 'lib/client.js', given, methods },
      ...BUILDER_FILES.map(file => ({ file, methods: traceSql === 'off' ? {} : wrapThen() })),
      { file: 'lib/execution/runner.js', methods: traceSql === 'off' ? {} : { run: aroundRun, query: aroundQuery } },
    ]),
  ])
}

/** The files that define classes whose objects run a query when they are awaited. */
const BUILDER_FILES = ['lib/query/querybuilder.js', 'lib/raw.js', 'lib/schema/builder.js']

/**
 * The call site of each runner. A runner sends its queries after it has acquired a connection, when the stack no longer
 * shows the caller.
 */
const callSites = new WeakMap<object, NonNullable<ReturnType<typeof takeCallSite>>>()

const aroundRun: Around = (proceed, self, args) => {
  const forCaller = takeCallSite()
  if (forCaller !== undefined) callSites.set(self as object, forCaller)
  return proceed(args)
}

const aroundQuery: Around = (proceed, self, args) => {
  const forCaller = callSites.get(self as object)
  return forCaller === undefined ? proceed(args) : forCaller(() => proceed(args))
}

const POOL_OWN_WORK = wrapOwnWork('_doCreate', '_create', '_destroy', '_startReaping', '_validateResource')

const aroundAcquire: Around = (proceed, self, args) =>
  endWhenSettled(startPoolWait(self as KnexClient, readPoolState, listUsed), () => proceed(args))

function listUsed({ pool }: KnexClient): unknown[] {
  return pool?.used?.map(({ resource }) => resource) ?? []
}

function readPoolState({ pool }: KnexClient): PoolState | undefined {
  // The client may use a pool of pg or mysql2 instead, whose instrument records the wait.
  if (typeof pool?.numFree !== 'function') return undefined
  const free = pool.numFree()
  // Connections that are still being opened are not counted as open, because they will serve the oldest waiting
  // requests.
  return { free, waiting: pool.numPendingAcquires(), open: free + pool.numUsed(), max: pool.max }
}
