import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { endWhenSettled } from '../points/end-step.js'
import { type PoolState, startPoolWait } from '../points/start-wait.js'
import { ownWork } from '../wrapping/keep-context.js'
import { type Around, undoAll } from '../wrapping/wrap-method.js'

/** The part of knex' client that is looked at: it has a pool of its own, above the connections of pg and others. */
interface KnexClient {
  readonly pool?: {
    readonly max: number
    numFree(): number
    numUsed(): number
    numPendingAcquires(): number
  }
}

/** Makes the wait for a connection of knex' pool a point `wait`. Its queries are those of the library below it. */
export function instrumentKnex({ traceSql, libraries }: InstrumentSettings): () => void {
  const given = (libraries.knex as { Client?: unknown } | undefined)?.Client
  const methods = traceSql === 'off' ? {} : { acquireConnection: aroundAcquire }
  return undoAll([
    // The pool opens, checks and closes connections whenever somebody asks for one or gives one back.
    wrapLibrary('tarn', [{ file: 'dist/Pool.js', classes: { Pool: OWN_WORK } }]),
    wrapLibrary('knex', [{ file: 'lib/client.js', given, methods }]),
  ])
}

const OWN_WORK = ownWork('_doCreate', '_create', '_destroy', '_startReaping', '_validateResource')

const aroundAcquire: Around = (proceed, self, args) =>
  endWhenSettled(startPoolWait(self as KnexClient, readState), () => proceed(args))

function readState({ pool }: KnexClient): PoolState | undefined {
  // A pool of pg or mysql2 may be given instead, whose own instrument tells.
  if (typeof pool?.numFree !== 'function') return undefined
  const free = pool.numFree()
  // Those that are being opened serve whoever has waited longest, so that they count as room.
  return { free, waiting: pool.numPendingAcquires(), open: free + pool.numUsed(), max: pool.max }
}
