import { waitAtMost } from '@osprofiler/core/toolkit'
import { openStore, type StoreOptions } from './open-store.js'

const ANSWER_TIMEOUT_MS = 1_000
/** Time limit for closing the store, which may hang. */
const CLOSE_TIMEOUT_MS = 100

/**
 * Returns whether the store contains a trace whose id is also the name of a file. The store has a second to answer,
 * because a user who meant the file must not wait for a store that is down.
 */
export async function storeHasTrace(baseId: string, options: StoreOptions): Promise<boolean> {
  const driver = await tryOpenStore(options)
  if (driver?.readRecords === undefined) return false
  try {
    const found = hasRecord(driver.readRecords(baseId)).catch(() => false)
    return (await waitAtMost(found, ANSWER_TIMEOUT_MS)) ?? false
  } finally {
    await driver.close(CLOSE_TIMEOUT_MS)
  }
}

async function hasRecord(batches: AsyncIterable<readonly unknown[]>): Promise<boolean> {
  for await (const batch of batches) if (batch.length > 0) return true
  return false
}

/** Opens the store. Ignores a failure, because the user may mean a file, for which no store is needed. */
async function tryOpenStore(options: StoreOptions) {
  try {
    return openStore(options)
  } catch {
    return undefined
  }
}
