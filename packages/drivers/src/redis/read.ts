import type { TraceRecord } from '@osprofiler/core'
import { Array, Math, String } from '@osprofiler/core/toolkit'
import { decodeRecord } from '../records/record-text.js'
import { type KeyedCommand, type RedisRoute, toValues } from './route.js'

const FIRST_PAGE_LINES = 50
const MAX_PAGE_LINES = 1_000
/** Approximate size of a page. A single record may be as large as a megabyte. */
const PAGE_CHARACTERS = 1_000_000

/**
 * Reads a list in pages, starting at its end with the oldest record. New records are pushed at the beginning of the
 * list.
 */
export async function* readList(
  route: RedisRoute,
  key: string,
  onUnreadable: (records: number) => void = () => undefined,
): AsyncGenerator<readonly TraceRecord[]> {
  for (let page = toFirstPage(key); ; ) {
    const [lines] = toValues(await route.send([page.command]))
    const { records, unreadable, next } = readPage(page, lines)
    if (unreadable > 0) onUnreadable(unreadable)
    yield records
    if (next === undefined) return
    page = next
  }
}

/**
 * Like `readList`, but for several lists. The first pages of all lists are read together. `onPage` is called with each
 * page.
 */
export async function readLists(
  route: RedisRoute,
  keys: readonly string[],
  onPage: (key: string, records: readonly TraceRecord[]) => void,
): Promise<void> {
  let pages = keys.map(toFirstPage)
  while (pages.length > 0) {
    const replies = await route.send(pages.map(({ command }) => command))
    pages = pages.flatMap((page, index) => {
      const reply = replies[index]
      // A key of another type is not a trace. Such a key must not prevent other traces from being read.
      const lines = reply?.outcome === 'refused' && isOtherType(reply.error) ? [] : toValues(reply ? [reply] : [])[0]
      const { records, next } = readPage(page, lines)
      onPage(page.key, records)
      return next ?? []
    })
  }
}

function isOtherType({ message }: Error): boolean {
  return message.startsWith('WRONGTYPE')
}

interface Page {
  readonly key: string
  /** Number of records that follow this page in the list. */
  readonly recordsAfter: number
  readonly length: number
  readonly command: KeyedCommand
}

function toFirstPage(key: string): Page {
  return toPage(key, 0, FIRST_PAGE_LINES)
}

function toPage(key: string, recordsAfter: number, length: number): Page {
  return {
    key,
    recordsAfter,
    length,
    command: { key, command: ['lrange', key, -(recordsAfter + length), -(recordsAfter + 1)] },
  }
}

interface PageContent {
  readonly records: readonly TraceRecord[]
  /** Number of lines that contain no valid record. */
  readonly unreadable: number
  readonly next?: Page
}

function readPage({ key, recordsAfter, length }: Page, lines: unknown): PageContent {
  if (!Array.isArray(lines) || lines.length === 0) return { records: [], unreadable: 0 }
  const records = lines.toReversed().flatMap(line => decodeRecord(String(line)) ?? [])
  const unreadable = lines.length - records.length
  if (lines.length < length) return { records, unreadable }
  const size = lines.reduce((sum: number, line) => sum + String(line).length, 1)
  const fitting = Math.floor((PAGE_CHARACTERS * lines.length) / size)
  return {
    records,
    unreadable,
    next: toPage(key, recordsAfter + lines.length, Math.min(Math.max(fitting, 1), MAX_PAGE_LINES)),
  }
}
