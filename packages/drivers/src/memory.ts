import { type Driver, OsprofilerError, type TraceQuery, type TraceRecord, type TraceSummary } from '@osprofiler/core'
import { Map } from '@osprofiler/core/toolkit'
import { createLifetime } from './lifetime/driver-lifetime.js'
import { isSelected, readBefore, readQuery } from './listing/trace-query.js'
import { createTally, sortNewestFirst, type TraceTally } from './listing/trace-tally.js'
import { decodeRecord, encodeRecord } from './records/record-text.js'

/** A trace of as many points as are recorded by default finds room. */
const MAX_RECORDS = 250_000
const BATCH = 500

interface MemoryStore {
  /** The lines of each trace, the trace that came first before the others. */
  readonly traces: Map<string, string[]>
  records: number
}

const namedStores = new Map<string, MemoryStore>()

/**
 * Keeps records in this process, for tests: `memory://` is a store of its own, `memory://name` is shared by all
 * that open the same name and outlives their `close()`. Above 250,000 records the oldest traces make room; what
 * finds no room even so is refused.
 */
export function openMemoryDriver(name: string): Driver {
  if (!/^[\w.-]*$/.test(name)) {
    throw new OsprofilerError(
      'ERR_CONNECTION_STRING',
      'A memory store is "memory://" or "memory://name", the name of letters, digits, ".", "_" and "-".',
    )
  }
  const store = name === '' ? createStore() : (namedStores.get(name) ?? createStore())
  if (name !== '') namedStores.set(name, store)
  const lifetime = createLifetime()

  async function list(
    query: TraceQuery | undefined,
    isWanted: (tally: TraceTally) => boolean,
  ): Promise<TraceSummary[]> {
    lifetime.checkOpen()
    const selection = readQuery(query)
    const summaries: TraceSummary[] = []
    for (const lines of store.traces.values()) {
      const tally = tallyOf(lines)
      if (tally.summary !== undefined && isSelected(tally.summary, selection) && isWanted(tally))
        summaries.push(tally.summary)
    }
    return sortNewestFirst(summaries).slice(0, selection.limit)
  }

  return {
    name: 'memory',
    async write(records) {
      lifetime.checkOpen()
      let refused = 0
      for (const record of records) {
        const line = encodeRecord(record)
        if (line === undefined || !keep(store, record.base_id, line)) refused++
      }
      return { refused }
    },
    async *readRecords(baseId) {
      lifetime.checkOpen()
      const lines = store.traces.get(baseId) ?? []
      for (let start = 0; start < lines.length; start += BATCH) yield toRecords(lines.slice(start, start + BATCH))
    },
    listTraces: query => list(query, () => true),
    listErrorTraces: query => list(query, tally => tally.failed),
    async deleteTrace(baseId) {
      lifetime.checkOpen()
      return remove(store, baseId)
    },
    async pruneTraces(before) {
      const oldest = readBefore(before)
      lifetime.checkOpen()
      const stale = [...store.traces].filter(([, lines]) => tallyOf(lines).newest < oldest)
      for (const [baseId] of stale) remove(store, baseId)
      return stale.length
    },
    close: timeout => lifetime.close(timeout, { cut: () => undefined }),
  }
}

function createStore(): MemoryStore {
  return { traces: new Map(), records: 0 }
}

function keep(store: MemoryStore, baseId: string, line: string): boolean {
  for (const oldest of store.traces.keys()) {
    if (store.records < MAX_RECORDS) break
    if (oldest !== baseId) remove(store, oldest)
  }
  if (store.records >= MAX_RECORDS) return false
  const lines = store.traces.get(baseId)
  if (lines === undefined) store.traces.set(baseId, [line])
  else lines.push(line)
  store.records++
  return true
}

/** How many records that were. */
function remove(store: MemoryStore, baseId: string): number {
  const { length } = store.traces.get(baseId) ?? []
  store.traces.delete(baseId)
  store.records -= length
  return length
}

function tallyOf(lines: readonly string[]): TraceTally {
  const tally = createTally()
  for (const record of toRecords(lines)) tally.add(record)
  return tally
}

function toRecords(lines: readonly string[]): TraceRecord[] {
  return lines.flatMap(line => decodeRecord(line) ?? [])
}
