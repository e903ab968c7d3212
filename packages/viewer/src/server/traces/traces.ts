import type { Driver, TraceRecord } from '@osprofiler/core'
import { buildReport, type Report } from '@osprofiler/report'
import { recordsOfPoint } from '@osprofiler/report/toolkit'
import { Refusal } from '../answers/respond.js'
import type { TraceFiles } from './trace-files.js'

const MAX_ID_CHARS = 2_000
/** A trace with more records is not read to its end, because an endless trace would fill the memory. */
const MAX_RECORDS = 2_000_000
/** The number of a file's points whose records are sent together. */
const BATCH_POINTS = 500

/** A page's reference to a trace: `id:<base_id>` in the store, or `file:<number>` among the opened files. */
export type TraceReference = { readonly kind: 'id' | 'file'; readonly value: string }

/** The traces to which a page can refer, in the store or in an opened file. */
export interface Traces {
  /** Throws a Refusal: 400 if the reference is invalid, 404 if a file is no longer open. */
  find(reference: string | null): Trace
}

/** The trace that a reference names. Its records are read on demand. */
export interface Trace {
  readonly reference: TraceReference
  /** The title of the page, and the name of a download. */
  readonly title: string
  /** Yields the records in any order. Yields no records if the store does not have the trace. */
  readBatches(onUnreadable?: (records: number) => void): AsyncIterable<readonly TraceRecord[]>
  /** Throws a Refusal: 404 if the store does not have the trace, 413 if the trace is too large. */
  readReport(): Promise<Report>
}

/**
 * Finds traces in a store and among files. An id is passed to the driver unchanged. This is safe, because drivers never
 * interpret an id as a path.
 */
export function createTraces(driver: Driver, files: TraceFiles): Traces {
  return {
    find(text) {
      const reference = parseReference(text)
      return reference.kind === 'id' ? createStoredTrace(driver, reference) : createOpenedTrace(files, reference)
    },
  }
}

function parseReference(text: string | null): TraceReference {
  const [, kind, value = ''] = /^(id|file):(.+)$/s.exec(text ?? '') ?? []
  if ((kind === 'id' || kind === 'file') && value.length <= MAX_ID_CHARS) return { kind, value }
  throw new Refusal(400, 'The address names no trace. Use ref=id:<trace id>.')
}

function createStoredTrace(driver: Driver, reference: TraceReference): Trace {
  function readBatches(onUnreadable?: (records: number) => void): AsyncIterable<readonly TraceRecord[]> {
    if (driver.readRecords === undefined) throw createWriteOnlyRefusal()
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
        if (records.length > MAX_RECORDS) throw new Refusal(413, 'This trace has too many records to show.')
      }
      if (records.length === 0) throw createNotFoundRefusal()
      return buildReport(records)
    },
  }
}

function createOpenedTrace(files: TraceFiles, reference: TraceReference): Trace {
  const file = files.get(reference.value)
  if (file === undefined) throw new Refusal(404, 'This file is no longer open. Open it again.')
  return {
    reference,
    title: file.name,
    readBatches: () => readFileBatches(file.report),
    readReport: async () => file.report,
  }
}

async function* readFileBatches({ points }: Report): AsyncIterable<readonly TraceRecord[]> {
  for (let from = 0; from < points.length; from += BATCH_POINTS) {
    yield points.slice(from, from + BATCH_POINTS).flatMap(recordsOfPoint)
  }
}

/** Creates the Refusal with status 404 for a trace that the store does not have. */
export function createNotFoundRefusal(): Refusal {
  return new Refusal(404, 'The store does not have this trace.')
}

/** Creates the Refusal with status 501 for a store that cannot be read. */
export function createWriteOnlyRefusal(): Refusal {
  return new Refusal(501, 'This store cannot be read. Choose another store.')
}
