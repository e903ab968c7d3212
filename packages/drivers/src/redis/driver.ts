import type { Driver, TraceQuery, TraceRecord, WriteResult } from '@osprofiler/core'
import { createAbortableWork } from '../lifetime/abortable-work.js'
import { createLifetime } from '../lifetime/driver-lifetime.js'
import { readBefore, readQuery } from '../listing/trace-query.js'
import { findClient } from '../opening/client-package.js'
import type { OpenContext } from '../opening/open-context.js'
import { createPreparedBatches } from '../records/prepared-batch.js'
import { createClusterRoute } from './cluster.js'
import { explainRefusal, toRedisError } from './failure.js'
import { RECORDS } from './keys.js'
import { createLegacyKeys } from './legacy-keys.js'
import { listTraces } from './list.js'
import { createMasterRoute } from './master.js'
import { readList } from './read.js'
import { deleteTrace, pruneTraces } from './remove.js'
import { readRedisUrl } from './url.js'
import { prepareBatch, type RedisBatch, sendBatch } from './write.js'

/**
 * Redis, alone, as a Cluster or watched by Sentinels, in the layout of Python's driver: a list a trace,
 * `osprofiler_opt:<base_id>`, and `osprofiler_error:<base_id>` for a failed one where `filterErrorTrace` says so.
 *
 * A batch is one variadic push a trace, all sent together. What of it the server has refused is sent again when the
 * batch is; what was on its way when a connection broke is not, and its fate unknown.
 */
export function openRedisDriver(location: string, context: OpenContext): Driver {
  const { scheme, filterErrorTrace } = context
  const place = readRedisUrl(scheme, location)
  findClient('ioredis', context)
  const lifetime = createLifetime()
  const route = (place.kind === 'cluster' ? createClusterRoute : createMasterRoute)(place, lifetime.lookup)
  const legacy = createLegacyKeys(route)
  const batches = createPreparedBatches<RedisBatch>()
  const work = createAbortableWork()

  async function use<Result>(work: () => Promise<Result>): Promise<Result> {
    lifetime.checkOpen()
    try {
      return await work()
    } catch (error) {
      throw toRedisError(place.location, error)
    }
  }

  async function write(records: readonly TraceRecord[], end: AbortSignal): Promise<WriteResult> {
    end.addEventListener('abort', route.cut)
    const batch = batches.of(records, () => prepareBatch(records, { ttl: place.ttl, filterErrorTrace }))
    const result = await sendBatch(route, batch, ({ message }) => explainRefusal(place.location, message))
    batches.settle(records)
    return result
  }

  async function* read(
    baseId: string,
    onUnreadable?: (records: number) => void,
  ): AsyncGenerator<readonly TraceRecord[]> {
    lifetime.checkOpen()
    if (!baseId.isWellFormed()) return
    let isThere = false
    for await (const records of readList(route, `${RECORDS}${baseId}`, onUnreadable)) {
      isThere = true
      yield records
    }
    if (!isThere) yield* legacy.read(baseId)
  }

  async function list(query: TraceQuery | undefined, failed: boolean) {
    const selection = readQuery(query)
    return await use(() => listTraces(route, legacy, selection, failed))
  }

  return {
    name: scheme,
    location: place.location,
    write: records => lifetime.trackWrite(use(() => work.run(end => write(records, end)))),
    async *readRecords(baseId, onUnreadable) {
      try {
        yield* read(baseId, onUnreadable)
      } catch (error) {
        throw toRedisError(place.location, error)
      }
    },
    listTraces: query => list(query, false),
    listErrorTraces: query => list(query, true),
    deleteTrace: baseId => use(() => deleteTrace(route, legacy, baseId)),
    async pruneTraces(before) {
      const oldest = readBefore(before)
      return await use(() => pruneTraces(route, legacy, oldest))
    },
    close: timeout => lifetime.close(timeout, { cut: route.cut }),
  }
}
