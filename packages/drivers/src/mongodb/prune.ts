import { Set } from '@osprofiler/core/toolkit'
import type { Db } from 'mongodb'
import { latestBelievedTime } from '../listing/latest-believed-time.js'

/** The collection of records, named as in Python's driver. */
export const RECORDS = 'profiler'
/** The collection of notes on failed traces, which the driver writes if `filterErrorTrace` is set. */
export const FAILURES = 'profiler_error'

const PAGE = 500

/** Removes and counts the traces without a record since a timestamp. A record from beyond tomorrow keeps no trace. */
export async function pruneTraces(db: Db, before: string): Promise<number> {
  const latest = latestBelievedTime()
  let pruned = 0
  const stale = groupTraces(db, [], [{ $match: { newest: { $lt: before } } }])
  while (await stale.hasNext()) {
    const baseIds = stale.readBufferedDocuments().map(({ _id }) => _id)
    // Records that came in meanwhile are young, and stay.
    await remove(db, baseIds, { $lt: before })
    pruned += baseIds.length
  }
  const suspects = groupTraces(db, [{ $match: { timestamp: { $gte: latest } } }], [])
  while (await suspects.hasNext()) {
    const baseIds = suspects.readBufferedDocuments().map(({ _id }) => _id)
    const young = { base_id: { $in: baseIds }, timestamp: { $gte: before, $lt: latest } }
    const kept = new Set((await groupTraces(db, [{ $match: young }], []).toArray()).map(({ _id }) => _id))
    const doomed = baseIds.filter(baseId => !kept.has(baseId))
    await remove(db, doomed, { $lt: before })
    await remove(db, doomed, { $gte: latest })
    pruned += doomed.length
  }
  return pruned
}

function groupTraces(db: Db, before: readonly object[], after: readonly object[]) {
  const group = { $group: { _id: '$base_id', newest: { $max: '$timestamp' } } }
  const stages = [...before, group, ...after]
  return db.collection(RECORDS).aggregate<{ readonly _id: unknown }>(stages, { allowDiskUse: true, batchSize: PAGE })
}

async function remove(db: Db, baseIds: readonly unknown[], timestamp: object): Promise<void> {
  const old = { base_id: { $in: [...baseIds] }, timestamp }
  await db.collection(RECORDS).deleteMany(old)
  await db.collection(FAILURES).deleteMany(old)
}
