import { get, suppress } from '@osprofiler/core'
import { Number, Reflect, settle } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../../loading/library-loads.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { endStep, endWhenSettled } from '../../points/end-step.js'
import { reasonToWait } from '../../points/start-wait.js'
import { type Around, undoAll, wrapMethod } from '../../wrapping/wrap-method.js'
import { prototypeOf, wrapMongodbOwnWork } from './mongodb-own-work.js'
import { mongodbFailure, mongodbInfo, writeError } from './mongodb-statement.js'

interface Pool {
  readonly availableConnectionCount: number
  readonly totalConnectionCount: number
  readonly waitQueueSize: number
  readonly options: { readonly maxPoolSize?: number }
}

/**
 * Makes the commands of mongodb 6 and 7, and so of mongoose, points named `db`. The time until there is a connection,
 * or one of the pool, is a point `wait`.
 *
 * By the method through which each command goes, not by command monitoring: that is switched on where a client is
 * made, for all that it does, and has each answer taken apart a second time.
 */
export function instrumentMongodb({ traceSql }: InstrumentSettings): () => void {
  const values = traceSql === 'values'

  const aroundCommand: Around = (original, self, args) => {
    const profiler = get()
    if (profiler === undefined) return Reflect.apply(original, self, args)
    const point = profiler.startBeside('db', mongodbInfo(args[1], values))
    const step = {
      stop: () => point.stop(),
      fail: (error: unknown) => point.fail(mongodbFailure(error, values)),
    }
    return settle(() => Reflect.apply(original, self, args), {
      done: answer => endStep(step, writeError(answer)),
      failed: error => step.fail(error),
    })
  }

  return undoAll([
    whenLoaded('mongodb', exports => wrapMethod(prototypeOf(exports, 'Connection'), 'command', aroundCommand), {
      file: 'lib/cmap/connection.js',
    }),
    whenLoaded('mongodb', exports => wrapMethod(prototypeOf(exports, 'ConnectionPool'), 'checkOut', aroundCheckOut), {
      file: 'lib/cmap/connection_pool.js',
    }),
    whenLoaded('mongodb', exports => wrapMethod(prototypeOf(exports, 'Topology'), 'selectServer', aroundSelect), {
      file: 'lib/sdam/topology.js',
    }),
    whenLoaded('mongodb', exports => wrapMethod(prototypeOf(exports, 'MongoClient'), 'connect', aroundConnect), {
      file: 'lib/mongo_client.js',
    }),
    wrapMongodbOwnWork(),
  ])
}

const aroundCheckOut: Around = (original, self, args) => {
  const profiler = get()
  const reason = profiler && whyWait(self as Pool)
  const point = reason === undefined ? undefined : profiler?.startBeside('wait', { wait: { for: reason } })
  return endWhenSettled(point, () => Reflect.apply(original, self, args))
}

/** Where few connections may be opened at a time (`maxConnecting`), whoever waits for one waits for a connection too. */
function whyWait({ availableConnectionCount, waitQueueSize, totalConnectionCount, options }: Pool): string | undefined {
  const max = options.maxPoolSize || Number.POSITIVE_INFINITY
  return reasonToWait({ free: availableConnectionCount, waiting: waitQueueSize, open: totalConnectionCount, max })
}

const aroundSelect: Around = (original, self, args) => {
  const profiler = get()
  const { description } = self as { readonly description?: { readonly hasKnownServers?: boolean } }
  if (profiler === undefined || description?.hasKnownServers !== false) return Reflect.apply(original, self, args)
  const point = profiler.startBeside('wait', { wait: { for: 'connection' } })
  return endWhenSettled(point, () => Reflect.apply(original, self, args))
}

/** The client goes on to look after its servers for as long as it lives, and that belongs to no request. */
const aroundConnect: Around = (original, self, args) => {
  const profiler = get()
  if (profiler === undefined) return Reflect.apply(original, self, args)
  const { topology } = self as { readonly topology?: { isConnected(): boolean } }
  const connect = () => Reflect.apply(original, self, args)
  if (topology?.isConnected() === true) return suppress(connect)
  const point = profiler.startBeside('wait', { wait: { for: 'connection' } })
  return endWhenSettled(point, () => suppress(connect))
}
