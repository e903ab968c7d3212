import type { TraceRecord } from '@osprofiler/core'
import { decodeRecord } from './record-text.js'
import { type RedisRoute, toValues } from './redis-route.js'

const FIRST_PAGE = 50
const LONGEST_PAGE = 1_000
/** Characters that a page is to have, roughly: records may have a megabyte each. */
const PAGE_SIZE = 1_000_000

/** The records of a list from its end, where the oldest is, in pages. What is pushed meanwhile stands at the other end. */
export async function* readList(route: RedisRoute, key: string): AsyncGenerator<readonly TraceRecord[]> {
  let length = FIRST_PAGE
  for (let read = 0; ; ) {
    const [lines] = toValues(await route.send([{ key, command: ['LRANGE', key, -(read + length), -(read + 1)] }]))
    if (!Array.isArray(lines) || lines.length === 0) return
    const records = lines.toReversed().flatMap(line => decodeRecord(String(line)) ?? [])
    if (records.length > 0) yield records
    if (lines.length < length) return
    read += lines.length
    const size = lines.reduce((sum: number, line) => sum + String(line).length, 1)
    length = Math.min(Math.max(Math.floor((PAGE_SIZE * lines.length) / size), 1), LONGEST_PAGE)
  }
}
