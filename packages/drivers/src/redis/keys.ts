import { Array, Set, String } from '@osprofiler/core/toolkit'
import type { RedisLink } from './link.js'
import { type RedisRoute, toValues } from './route.js'

/** Prefix of a trace's list of records in the layout of Python's driver, newest record first. */
export const RECORDS_PREFIX = 'osprofiler_opt:'
/** Prefix of the note that a trace failed. */
export const FAILURES_PREFIX = 'osprofiler_error:'
/** Prefix of the old layout, which had a key per record. */
export const LEGACY_PREFIX = 'osprofiler:'

const KEYS_PER_SCAN = 500

/** Keys of one server, and the connection to this server. Commands for these keys must go there. */
export interface KeyPage {
  readonly link: RedisLink
  readonly keys: readonly string[]
}

/** Yields the keys with a prefix from all servers, in pages. Like `SCAN`, it may repeat keys and omit new ones. */
export async function* scanKeys(route: RedisRoute, prefix: string): AsyncGenerator<KeyPage> {
  const pattern = `${escapePattern(prefix)}*`
  for (const link of await route.openLinks()) {
    let cursor = '0'
    do {
      const [page] = toValues(await link.send([['scan', cursor, 'MATCH', pattern, 'COUNT', KEYS_PER_SCAN]]))
      const [next, keys] = Array.isArray(page) ? page : []
      cursor = String(next ?? '0')
      if (Array.isArray(keys) && keys.length > 0) yield { link, keys: [...new Set(keys.map(String))] }
    } while (cursor !== '0')
  }
}

/** An id may have any characters, and none may act as a wildcard. */
function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&')
}
