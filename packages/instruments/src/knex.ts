import { get } from '@osprofiler/core'
import { Reflect } from '@osprofiler/core/toolkit'
import { followPromise } from './follow.js'
import type { InstrumentSettings } from './instrument-settings.js'
import { whenLoaded } from './library-loads.js'
import { wrapMethod } from './wrap-method.js'

/** The part of knex' client that is looked at: it has a pool of its own, above the connections of pg and others. */
interface KnexClient {
  readonly pool?: {
    readonly max: number
    numFree(): number
    numUsed(): number
    numPendingAcquires(): number
    numPendingCreates(): number
  }
}

/** Makes the wait for a connection of knex' pool a point `wait`. Its queries are those of the library below it. */
export function instrumentKnex({ traceSql, libraries }: InstrumentSettings): () => void {
  if (traceSql === 'off') return () => undefined
  return whenLoaded(
    'knex',
    exports =>
      wrapMethod((exports as { prototype: object }).prototype, 'acquireConnection', (original, self, args) => {
        const profiler = get()
        const reason = profiler && reasonToWait(self as KnexClient)
        if (profiler === undefined || reason === undefined) return Reflect.apply(original, self, args)
        return followPromise(profiler.startBeside('wait', { wait: { for: reason } }), () =>
          Reflect.apply(original, self, args),
        )
      }),
    { file: 'lib/client.js', given: (libraries.knex as { Client?: unknown } | undefined)?.Client },
  )
}

/** Why a connection cannot be had at once; `undefined` where it can. */
function reasonToWait({ pool }: KnexClient): string | undefined {
  // A pool of pg or mysql2 may be given instead, whose own instrument tells.
  if (typeof pool?.numFree !== 'function' || pool.numFree() > pool.numPendingAcquires()) return undefined
  return pool.numUsed() + pool.numPendingCreates() < pool.max ? 'connection' : 'pool'
}
