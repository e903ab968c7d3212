import { Math } from '@osprofiler/core/toolkit'
import { findClient } from '../opening/client-package.js'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { prepareOnce } from '../records/prepare-once.js'
import { createClusterRoute } from './cluster.js'
import { describeRefusal, toRedisError } from './failure.js'
import { RECORDS_PREFIX } from './keys.js'
import { createLegacyKeys } from './legacy-keys.js'
import { listTraces } from './list.js'
import { createMasterRoute } from './master.js'
import { readList } from './read.js'
import { deleteTrace, pruneTraces } from './remove.js'
import { readRedisUrl } from './url.js'
import { prepareBatch, sendBatch } from './write.js'

/**
 * Opens a driver for Redis or Valkey: a single server, a Cluster, or a master that Sentinels watch. The layout is the
 * same as in Python's driver. Each trace is a list `osprofiler_opt:<base_id>`. With `filterErrorTrace`, a failed trace
 * also has a marker `osprofiler_error:<base_id>`. To write a batch, the driver creates a push command for each trace,
 * and sends all commands together. If the batch is tried again, refused commands are sent again. A command whose
 * connection broke is not sent again, because the server may have executed it.
 */
export function openRedisDriver(location: string, context: OpenContext): StoreDriver {
  const { scheme, filterErrorTrace, lifetime } = context
  const settings = readRedisUrl(scheme, location)
  findClient('ioredis', context)
  const route = (settings.kind === 'cluster' ? createClusterRoute : createMasterRoute)(settings, lifetime.lookup)
  const legacy = createLegacyKeys(route)
  const writePrepared = prepareOnce(records => prepareBatch(records, { ttl: settings.ttl, filterErrorTrace }))

  return {
    name: scheme,
    location: settings.location,
    answerMs: Math.max(settings.connectTimeoutMs * settings.hosts.length, settings.replyTimeoutMs),
    write: records =>
      lifetime.run(signal => {
        signal.addEventListener('abort', route.destroy)
        const explain = ({ message }: Error) => describeRefusal(settings, message)
        return writePrepared(records, batch => sendBatch(route, batch, explain))
      }),
    async *read(baseId, onUnreadable) {
      let isThere = false
      for await (const records of readList(route, `${RECORDS_PREFIX}${baseId}`, onUnreadable)) {
        isThere ||= records.length > 0
        yield records
      }
      if (!isThere) yield* legacy.read(baseId)
    },
    list: (selection, failedOnly) => listTraces(route, legacy, selection, failedOnly),
    remove: baseId => deleteTrace(route, legacy, baseId),
    prune: before => pruneTraces(route, legacy, before),
    canStoreId: baseId => baseId.isWellFormed(),
    toError: error => toRedisError(settings, error),
    destroy: route.destroy,
  }
}
