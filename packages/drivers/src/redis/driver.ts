import { Math } from '@osprofiler/core/toolkit'
import { findClient } from '../opening/client-package.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { prepareOnce } from '../records/prepare-once.js'
import { createClusterRoute } from './cluster.js'
import { explainRefusal, toRedisError } from './failure.js'
import { RECORDS } from './keys.js'
import { createLegacyKeys } from './legacy-keys.js'
import { listTraces } from './list.js'
import { createMasterRoute } from './master.js'
import { readList } from './read.js'
import { deleteTrace, pruneTraces } from './remove.js'
import { readRedisUrl } from './url.js'
import { prepareBatch, sendBatch } from './write.js'

/**
 * Opens a driver for Redis or Valkey: one server, a Cluster, or a master that Sentinels watch. The layout is that of
 * Python's driver. Each trace has a list `osprofiler_opt:<base_id>`. With `filterErrorTrace`, a failed trace also has a
 * note `osprofiler_error:<base_id>`. A batch is one variadic push per trace, all sent together. Refused commands are
 * sent again with the batch. Commands whose connection broke are not, and their fate is unknown.
 */
export function openRedisDriver(location: string, context: OpenContext): StoreDriver {
  const { scheme, filterErrorTrace, lifetime } = context
  const place = readRedisUrl(scheme, location)
  findClient('ioredis', context)
  const route = (place.kind === 'cluster' ? createClusterRoute : createMasterRoute)(place, lifetime.lookup)
  const legacy = createLegacyKeys(route)
  const useBatch = prepareOnce(records => prepareBatch(records, { ttl: place.ttl, filterErrorTrace }))

  return {
    name: scheme,
    location: place.location,
    answerMs: Math.max(place.connectTimeout * place.hosts.length, place.replyTimeout),
    write: records =>
      lifetime.run(end => {
        end.addEventListener('abort', route.cut)
        const explain = ({ message }: Error) => explainRefusal(place, message)
        return useBatch(records, batch => sendBatch(route, batch, explain))
      }),
    async *read(baseId, onUnreadable) {
      let isThere = false
      for await (const records of readList(route, `${RECORDS}${baseId}`, onUnreadable)) {
        isThere ||= records.length > 0
        yield records
      }
      if (!isThere) yield* legacy.read(baseId)
    },
    list: (selection, failed) => listTraces(route, legacy, selection, failed),
    remove: baseId => deleteTrace(route, legacy, baseId),
    prune: before => pruneTraces(route, legacy, before),
    mayHold: baseId => baseId.isWellFormed(),
    toError: error => toRedisError(place, error),
    cut: route.cut,
  }
}
