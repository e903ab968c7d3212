import { OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { Map } from '@osprofiler/core/toolkit'
import { selectTraces, tallyRecords } from './listing/trace-tally.js'
import type { StoreDriver } from './opening/store-driver.js'
import { decodeRecord, encodeRecord } from './records/record-text.js'

/** Maximum number of records in a store. A trace with the default maximum number of points still fits. */
const MAX_RECORDS = 250_000

interface MemoryStore {
  /**
   * Maps each trace id to the trace's records, as lines of JSON. The keys are in the order in which the traces arrived.
   */
  readonly traces: Map<string, string[]>
  records: number
}

const namedStores = new Map<string, MemoryStore>()

/**
 * Keeps records in this process, for tests. `memory://` opens a new store. All drivers with the same `memory://name`
 * share one store, which still exists after `close()`. If a store has more than 250,000 records, its oldest traces are
 * removed. Records that still do not fit are refused.
 */
export function openMemoryDriver(name: string): StoreDriver {
  if (!/^[\w.-]*$/.test(name)) {
    throw new OsprofilerError(
      'ERR_CONNECTION_STRING',
      'A memory store needs the connection string "memory://" or "memory://name". The name may contain letters, digits, ".", "_" and "-".',
    )
  }
  const store = namedStores.get(name) ?? { traces: new Map(), records: 0 }
  if (name !== '') namedStores.set(name, store)

  return {
    name: 'memory',
    async write(records) {
      return { refused: records.filter(record => !addLine(store, record.base_id, encodeRecord(record))).length }
    },
    async *read(baseId) {
      yield decodeLines(store.traces.get(baseId) ?? [])
    },
    async list(selection, failedOnly) {
      const tallies = [...store.traces.values()].map(lines => tallyRecords(decodeLines(lines)))
      return selectTraces(tallies, selection, failedOnly)
    },
    remove: async baseId => remove(store, baseId),
    async prune(before) {
      const stale = [...store.traces].filter(([, lines]) => tallyRecords(decodeLines(lines)).newest < before)
      for (const [baseId] of stale) remove(store, baseId)
      return stale.length
    },
  }
}

function addLine(store: MemoryStore, baseId: string, line: string): boolean {
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

function remove(store: MemoryStore, baseId: string): number {
  const { length } = store.traces.get(baseId) ?? []
  store.traces.delete(baseId)
  store.records -= length
  return length
}

function decodeLines(lines: readonly string[]): TraceRecord[] {
  return lines.flatMap(line => decodeRecord(line) ?? [])
}
