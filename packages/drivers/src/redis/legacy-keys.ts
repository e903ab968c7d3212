import type { TraceRecord } from '@osprofiler/core'
import { String } from '@osprofiler/core/toolkit'
import { decodeRecord } from '../records/record-text.js'
import { LEGACY_PREFIX, scanKeys } from './keys.js'
import type { RedisCommand } from './link.js'
import type { RedisRoute } from './route.js'

/**
 * Gives access to records in OSProfiler's old layout, which has one key per record. A key consists of `osprofiler:`,
 * the trace id and the point id.
 */
export interface LegacyKeys {
  /** Reads the records of one trace, or of all traces. */
  read(baseId?: string): AsyncGenerator<readonly TraceRecord[]>
  /** Removes the records of some traces, and resolves to their number. */
  remove(baseIds: ReadonlySet<string>): Promise<number>
}

interface LegacyPage {
  readonly records: readonly TraceRecord[]
  remove(keep: (record: TraceRecord) => boolean): Promise<number>
}

/**
 * Creates the access to the old layout. Current versions do not write keys in this layout. Therefore, if the first
 * search finds no key, no further searches are made.
 */
export function createLegacyKeys(route: RedisRoute): LegacyKeys {
  let hasLegacyKeys: boolean | undefined

  async function* scan(prefix: string): AsyncGenerator<LegacyPage> {
    if (hasLegacyKeys === undefined) hasLegacyKeys = await hasAnyKey(route)
    if (!hasLegacyKeys) return
    for await (const { link, keys } of scanKeys(route, prefix)) {
      const replies = await link.send(keys.map((key): RedisCommand => ['get', key]))
      const found = keys.flatMap((key, index) => {
        const reply = replies[index]
        const record = reply?.outcome === 'done' ? decodeRecord(String(reply.value)) : undefined
        return record === undefined ? [] : { key, record }
      })
      yield {
        records: found.map(({ record }) => record),
        async remove(isKept) {
          const expired = found.filter(({ record }) => !isKept(record))
          const answers = await link.send(expired.map(({ key }): RedisCommand => ['del', key]))
          return answers.filter(reply => reply.outcome === 'done' && reply.value === 1).length
        },
      }
    }
  }

  return {
    async *read(baseId) {
      for await (const { records } of scan(`${LEGACY_PREFIX}${baseId ?? ''}`)) {
        // The search also finds traces whose id only begins with `baseId`, so the records are filtered.
        yield baseId === undefined ? records : records.filter(({ base_id }) => base_id === baseId)
      }
    },
    async remove(baseIds) {
      const [only] = baseIds
      let removed = 0
      for await (const page of scan(`${LEGACY_PREFIX}${baseIds.size === 1 ? only : ''}`)) {
        removed += await page.remove(({ base_id }) => !baseIds.has(base_id))
      }
      return removed
    },
  }
}

async function hasAnyKey(route: RedisRoute): Promise<boolean> {
  for await (const { keys } of scanKeys(route, LEGACY_PREFIX)) return keys.length > 0
  return false
}
