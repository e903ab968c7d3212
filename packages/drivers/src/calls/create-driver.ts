import { type Driver, OsprofilerError, suppress, type TraceQuery, type TraceSummary } from '@osprofiler/core'
import { Promise, TypeError } from '@osprofiler/core/toolkit'
import type { DriverLifetime } from '../lifetime/driver-lifetime.js'
import { createRetention } from '../lifetime/retention.js'
import { readQuery, toPruneTimestamp } from '../listing/trace-query.js'
import { sortNewestFirst } from '../listing/trace-tally.js'
import type { StoreDriver } from '../opening/store-driver.js'
import { guardCall, guardSteps } from './guard-call.js'
import { toReadLimits } from './read-limits.js'
import { takePlainRecords } from './take-plain-records.js'

/** If a store hangs, a write or a check keeps the process alive for at most 4 seconds. */
const WRITE_LIMITS = { holdMs: 4_000 }
const MAX_BATCH_RECORDS = 500

/** Creates a `Driver` from a `StoreDriver`, and adds the behavior that all drivers share. */
export function createDriver(store: StoreDriver, lifetime: DriverLifetime): Driver {
  const { name, location, check, read, list, remove, prune } = store
  const { canStoreId = () => true, toError = error => error, retention: storeRetention } = store
  const { batchMs, listMs } = toReadLimits(store.answerMs)
  const retention = createRetention(storeRetention?.ttl, async before => storeRetention?.prune(before))
  const write = takePlainRecords(records => lifetime.trackWrite(store.write(records)))

  function throwShown(error: unknown): never {
    throw error instanceof OsprofilerError || error instanceof TypeError ? error : toError(error)
  }

  async function callStore<Result>(work: () => Promise<Result>): Promise<Result> {
    lifetime.checkOpen()
    return await work().catch(throwShown)
  }

  async function* readBatches(baseId: string, onUnreadable: (records: number) => void = () => undefined) {
    lifetime.checkOpen()
    if (read === undefined || !canStoreId(baseId)) return
    try {
      for await (const records of read(baseId, onUnreadable)) {
        for (let from = 0; from < records.length; from += MAX_BATCH_RECORDS) {
          yield records.slice(from, from + MAX_BATCH_RECORDS)
        }
      }
    } catch (error) {
      throwShown(error)
    }
  }

  async function listTraces(query: TraceQuery | undefined, failedOnly: boolean): Promise<TraceSummary[]> {
    const selection = readQuery(query)
    const found = list === undefined || selection.limit === 0 ? [] : await list(selection, failedOnly)
    return sortNewestFirst(found).slice(0, selection.limit)
  }

  return {
    name,
    ...(location !== undefined && { location }),
    write: records =>
      guardCall(async () => {
        const result = await callStore(() => write(records))
        if (lifetime.isOpen) retention.startIfDue()
        return result
      }, WRITE_LIMITS),
    ...(check && {
      check: () => guardCall(() => callStore(() => lifetime.trackWrite(check().then(() => true))), WRITE_LIMITS),
    }),
    ...(read && { readRecords: (...asked) => guardSteps(() => readBatches(...asked), { limitMs: batchMs }) }),
    ...(list && {
      listTraces: query => guardCall(() => callStore(() => listTraces(query, false)), { limitMs: listMs }),
      listErrorTraces: query => guardCall(() => callStore(() => listTraces(query, true)), { limitMs: listMs }),
    }),
    ...(remove && {
      deleteTrace: baseId => guardCall(() => callStore(async () => (canStoreId(baseId) ? remove(baseId) : 0))),
    }),
    ...(prune && { pruneTraces: before => guardCall(() => callStore(async () => prune(toPruneTimestamp(before)))) }),
    close: timeout =>
      suppress(() =>
        lifetime.close(timeout, {
          ...store,
          finishWork: () => Promise.all([retention.waitForPruning(), store.finishWork?.()]),
        }),
      ),
  }
}
