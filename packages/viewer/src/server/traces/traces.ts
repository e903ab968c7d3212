import type { Driver, TraceRecord } from '@osprofiler/core'
import { buildReport, type Report } from '@osprofiler/report'
import { recordsOfPoint } from '@osprofiler/report/toolkit'
import { Refusal } from '../answers/respond.js'
import type { TraceFiles } from './trace-files.js'

const MAX_ID_LENGTH = 2_000
/** No report is made of more records: endless ones would fill the memory. */
const MAX_RECORDS = 2_000_000
/** Points of a file, whose records go out together. */
const BATCH = 500

/** What a page names a trace by: `id:<base_id>` in the store, or `file:<number>` among the files that were opened. */
export type TraceReference = { readonly kind: 'id' | 'file'; readonly value: string }

/** The traces that a page can name. */
export interface Traces {
  /** @throws Refusal 400 for what names no trace, 404 for a file that is no longer there */
  find(reference: string | null): Trace
}

/** A trace by its reference; nothing of it has been read yet. */
export interface Trace {
  readonly reference: TraceReference
  /** What a file that it is saved to is called, and a page that shows it. */
  readonly title: string
  /** In any order, and none where the store does not know it. */
  readBatches(onUnreadable?: (records: number) => void): AsyncIterable<readonly TraceRecord[]>
  /** @throws Refusal 404 where the store does not know it, 413 where there is no end of it */
  readReport(): Promise<Report>
}

/** Finds traces in a store and among files. An id is handed to the driver as it is: it names records, never a path. */
export function createTraces(driver: Driver, files: TraceFiles): Traces {
  return {
    find(text) {
      const reference = parseReference(text)
      return reference.kind === 'id' ? storedTrace(driver, reference) : openedTrace(files, reference)
    },
  }
}

function parseReference(text: string | null): TraceReference {
  const [, kind, value = ''] = /^(id|file):(.+)$/s.exec(text ?? '') ?? []
  if ((kind === 'id' || kind === 'file') && value.length <= MAX_ID_LENGTH) return { kind, value }
  throw new Refusal(400, 'Say which trace, as id:<trace id>.')
}

function storedTrace(driver: Driver, reference: TraceReference): Trace {
  function readBatches(onUnreadable?: (records: number) => void): AsyncIterable<readonly TraceRecord[]> {
    if (driver.readRecords === undefined) throw writeOnly()
    return driver.readRecords(reference.value, onUnreadable)
  }
  return {
    reference,
    title: reference.value,
    readBatches,
    async readReport() {
      const records: TraceRecord[] = []
      for await (const batch of readBatches()) {
        for (const record of batch) records.push(record)
        if (records.length > MAX_RECORDS) throw new Refusal(413, 'This trace has too many records to be shown.')
      }
      if (records.length === 0) throw notFound()
      return buildReport(records)
    },
  }
}

function openedTrace(files: TraceFiles, reference: TraceReference): Trace {
  const file = files.get(reference.value)
  if (file === undefined) throw new Refusal(404, 'This file is no longer open. Open it again.')
  return {
    reference,
    title: file.name,
    readBatches: () => fileBatches(file.report),
    readReport: async () => file.report,
  }
}

async function* fileBatches({ points }: Report): AsyncIterable<readonly TraceRecord[]> {
  for (let from = 0; from < points.length; from += BATCH) {
    yield points.slice(from, from + BATCH).flatMap(recordsOfPoint)
  }
}

/** That a store does not know a trace. */
export function notFound(): Refusal {
  return new Refusal(404, 'The store holds no such trace.')
}

/** That a store has no way to read. */
export function writeOnly(): Refusal {
  return new Refusal(501, 'This store can only be written.')
}
