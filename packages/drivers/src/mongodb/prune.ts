import { Set } from '@osprofiler/core/toolkit'
import type { Db } from 'mongodb'
import { getLatestPlausibleTimestamp } from '../listing/latest-plausible-timestamp.js'

/** The collection of records, named as in Python's driver. */
export const RECORDS_COLLECTION = 'profiler'
/** The collection of notes about failed traces, which the driver writes if `filterErrorTrace` is set. */
export const FAILURES_COLLECTION = 'profiler_error'

const PAGE_TRACES = 500

/**
 * Removes the traces whose records are all older than `before`, and resolves to their number. Records dated later
 * than tomorrow are ignored, so they do not prevent the removal of their trace.
 */
export async function pruneTraces(db: Db, before: string): Promise<number> {
  const latest = getLatestPlausibleTimestamp()
  let pruned = 0
  const stale = groupTraces(db, [], [{ $match: { newest: { $lt: before } } }])
  while (await stale.hasNext()) {
    const baseIds = stale.readBufferedDocuments().map(({ _id }) => _id)
    // Only records dated before `before` are removed. Records that arrived after the search are newer, and are kept.
    await removeRecords(db, baseIds, { $lt: before })
    pruned += baseIds.length
  }
  const suspects = groupTraces(db, [{ $match: { timestamp: { $gte: latest } } }], [])
  while (await suspects.hasNext()) {
    const baseIds = suspects.readBufferedDocuments().map(({ _id }) => _id)
    const young = { base_id: { $in: baseIds }, timestamp: { $gte: before, $lt: latest } }
    const kept = new Set((await groupTraces(db, [{ $match: young }], []).toArray()).map(({ _id }) => _id))
    const expired = baseIds.filter(baseId => !kept.has(baseId))
    await removeRecords(db, expired, { $lt: before })
    await removeRecords(db, expired, { $gte: latest })
    pruned += expired.length
  }
  return pruned
}

function groupTraces(db: Db, before: readonly object[], after: readonly object[]) {
  const group = { $group: { _id: '$base_id', newest: { $max: '$timestamp' } } }
  const stages = [...before, group, ...after]
  return db
    .collection(RECORDS_COLLECTION)
    .aggregate<{ readonly _id: unknown }>(stages, { allowDiskUse: true, batchSize: PAGE_TRACES })
}

async function removeRecords(db: Db, baseIds: readonly unknown[], timestamp: object): Promise<void> {
  const old = { base_id: { $in: [...baseIds] }, timestamp }
  await db.collection(RECORDS_COLLECTION).deleteMany(old)
  await db.collection(FAILURES_COLLECTION).deleteMany(old)
}
