import { get, suppress } from '@osprofiler/core'
import { Number, settle } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../../loading/wrap-library.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { endStep, endWhenSettled, mapFailures } from '../../points/end-step.js'
import { describeRows } from '../../points/returned-rows.js'
import { type PoolState, startPoolWait, startWait } from '../../points/start-wait.js'
import type { Around } from '../../wrapping/wrap-method.js'
import { MONGODB_OWN_WORK } from './mongodb-own-work.js'
import { countDocuments, describeMongodbCommand, findWriteError, redactMongodbError } from './mongodb-statement.js'

interface Pool {
  readonly availableConnectionCount: number
  readonly totalConnectionCount: number
  readonly waitQueueSize: number
  readonly options: { readonly maxPoolSize?: number }
}

/**
 * Records the commands of mongodb 6 and 7, and therefore of mongoose, as points named `db`. Records their waits for a
 * connection as points named `wait`. Does not use command monitoring, because monitoring would be enabled for an entire
 * client and would parse each response twice.
 */
export function instrumentMongodb({ traceSql }: InstrumentSettings): () => void {
  const showsValues = traceSql === 'values'

  const aroundCommand: Around = (proceed, _self, args) => {
    const profiler = get()
    if (profiler === undefined) return proceed(args)
    const point = profiler.startBeside('db', describeMongodbCommand(args[1], showsValues))
    const step = mapFailures(point, error => redactMongodbError(error, showsValues))
    return settle(() => proceed(args), {
      done: answer => endStep(step, findWriteError(answer), describeRows(countDocuments(answer))),
      failed: error => step.fail(error),
    })
  }

  return wrapLibrary('mongodb', [
    { file: 'lib/cmap/connection.js', classes: { Connection: { command: aroundCommand } } },
    { file: 'lib/cmap/connection_pool.js', classes: { ConnectionPool: { checkOut: aroundCheckOut } } },
    { file: 'lib/sdam/topology.js', classes: { Topology: { selectServer: aroundSelectServer } } },
    { file: 'lib/mongo_client.js', classes: { MongoClient: { connect: aroundConnect } } },
    ...MONGODB_OWN_WORK,
  ])
}

const aroundCheckOut: Around = (proceed, self, args) =>
  endWhenSettled(startPoolWait(self as Pool, readPoolState), () => proceed(args))

/**
 * Reads the state of a pool. Calls may also wait because of `maxConnecting`, the limit on connections being opened. The
 * reason for such a wait is `connection`.
 */
function readPoolState({ availableConnectionCount, waitQueueSize, totalConnectionCount, options }: Pool): PoolState {
  const max = options.maxPoolSize || Number.POSITIVE_INFINITY
  return { free: availableConnectionCount, waiting: waitQueueSize, open: totalConnectionCount, max }
}

const aroundSelectServer: Around = (proceed, self, args) => {
  const profiler = get()
  const { description } = self as { readonly description?: { readonly hasKnownServers?: boolean } }
  if (profiler === undefined || description?.hasKnownServers !== false) return proceed(args)
  return endWhenSettled(startWait(profiler, 'connection'), () => proceed(args))
}

/**
 * Connects outside the trace, because the client then monitors its servers until it is closed, and this monitoring
 * belongs to no request. Records the wait for the connection as a point.
 */
const aroundConnect: Around = (proceed, self, args) => {
  const profiler = get()
  if (profiler === undefined) return proceed(args)
  const { topology } = self as { readonly topology?: { isConnected(): boolean } }
  const connect = () => suppress(() => proceed(args))
  return topology?.isConnected() === true ? connect() : endWhenSettled(startWait(profiler, 'connection'), connect)
}
