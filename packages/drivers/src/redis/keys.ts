import { Array, Set, String } from '@osprofiler/core/toolkit'
import type { RedisLink } from './link.js'
import { type RedisRoute, toValues } from './route.js'

/**
 * Key prefix of the lists in the layout of Python's driver. Each list contains the records of one trace, the newest
 * record first.
 */
export const RECORDS_PREFIX = 'osprofiler_opt:'
/** Key prefix of the marker for a failed trace. */
export const FAILURES_PREFIX = 'osprofiler_error:'
/** Key prefix of the old layout, which had one key per record. */
export const LEGACY_PREFIX = 'osprofiler:'

const KEYS_PER_SCAN = 500

/**
 * A page of keys from one server, and the connection to this server. Commands for the keys must be sent over this
 * connection.
 */
export interface KeyPage {
  readonly link: RedisLink
  readonly keys: readonly string[]
}

/**
 * Yields the keys that begin with a prefix, from all servers, in pages. As with `SCAN`, a key may appear several times,
 * and keys that are added during the scan may be missing.
 */
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

/**
 * Escapes an id for a search pattern, so that no character of the id acts as a wildcard. An id may contain any
 * character.
 */
function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&')
}
