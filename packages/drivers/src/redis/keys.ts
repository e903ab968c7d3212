import { Array, Set, String } from '@osprofiler/core/toolkit'
import type { RedisLink } from './link.js'
import { type RedisRoute, toValues } from './route.js'

/** Where Python's driver keeps a trace: the list of its records, the newest first. */
export const RECORDS = 'osprofiler_opt:'
/** Where it notes that a trace failed. */
export const FAILURES = 'osprofiler_error:'
/** Where its predecessor kept each record in a key of its own. */
export const LEGACY = 'osprofiler:'

const KEYS_PER_SCAN = 500

/** Some keys, and the connection to the server that has them. */
export interface KeyPage {
  readonly link: RedisLink
  readonly keys: readonly string[]
}

/** The keys that begin so, in pages, from all servers. Some may come twice, as `SCAN` has it; keys that come meanwhile may not. */
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

/** A trace's id may be any text, and is none but itself. */
function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&')
}
