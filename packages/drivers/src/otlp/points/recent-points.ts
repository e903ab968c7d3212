import { Map } from '@osprofiler/core/toolkit'

/** Values for the most recent points, by trace id and point id. */
export interface RecentPoints<Value> {
  get(baseId: string, traceId: string): Value | undefined
  set(baseId: string, traceId: string, value: Value): void
  delete(baseId: string, traceId: string): void
}

/** Creates a collection of at most `limit` values. Above the limit, the oldest value is removed. */
export function createRecentPoints<Value>(limit: number): RecentPoints<Value> {
  const values = new Map<string, Value>()
  return {
    get: (baseId, traceId) => values.get(toKey(baseId, traceId)),
    set(baseId, traceId, value) {
      const key = toKey(baseId, traceId)
      values.delete(key)
      values.set(key, value)
      if (values.size <= limit) return
      for (const oldest of values.keys()) {
        values.delete(oldest)
        break
      }
    },
    delete: (baseId, traceId) => void values.delete(toKey(baseId, traceId)),
  }
}

/**
 * Creates a key from both ids. The ids may contain any character. Therefore the key begins with the length of the first
 * id.
 */
function toKey(baseId: string, traceId: string): string {
  return `${baseId.length} ${baseId}${traceId}`
}
