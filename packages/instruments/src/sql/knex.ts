import { get } from '@osprofiler/core'
import { Reflect } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../loading/library-loads.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { endWhenSettled } from '../points/end-step.js'
import { reasonToWait } from '../points/start-wait.js'
import { aroundOwnWork } from '../wrapping/keep-context.js'
import { type Around, undoAll, wrapMethod, wrapMethods } from '../wrapping/wrap-method.js'

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
  return undoAll([
    // The pool opens, checks and closes connections whenever somebody asks for one or gives one back.
    whenLoaded('tarn', exports => wrapMethods((exports as PoolFile).Pool.prototype, OWN_WORK, aroundOwnWork), {
      file: 'dist/Pool.js',
    }),
    whenLoaded(
      'knex',
      exports => {
        if (traceSql === 'off') return undefined
        return wrapMethod((exports as { prototype: object }).prototype, 'acquireConnection', aroundAcquire)
      },
      { file: 'lib/client.js', given: (libraries.knex as { Client?: unknown } | undefined)?.Client },
    ),
  ])
}

/** The file of tarn that has the class of a pool. */
interface PoolFile {
  readonly Pool: { readonly prototype: object }
}

const OWN_WORK = ['_doCreate', '_create', '_destroy', '_startReaping', '_validateResource']

const aroundAcquire: Around = (original, self, args) => {
  const profiler = get()
  const reason = profiler && whyWait(self as KnexClient)
  const wait = reason === undefined ? undefined : profiler?.startBeside('wait', { wait: { for: reason } })
  return endWhenSettled(wait, () => Reflect.apply(original, self, args))
}

function whyWait({ pool }: KnexClient): string | undefined {
  // A pool of pg or mysql2 may be given instead, whose own instrument tells.
  if (typeof pool?.numFree !== 'function') return undefined
  const free = pool.numFree()
  // Those that are being opened serve whoever has waited longest, so that they count as room.
  return reasonToWait({ free, waiting: pool.numPendingAcquires(), open: free + pool.numUsed(), max: pool.max })
}
