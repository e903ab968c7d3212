import { buildReport, parseRecords, type Report, readReport } from '@osprofiler/report'
import { Refusal } from './respond.js'

/** A file that the user opened in the browser: its text was sent here, and nothing of it is ever written. */
export interface TraceFile {
  readonly number: string
  readonly name: string
  readonly report: Report
}

/** The files that were opened lately, in memory. */
export interface TraceFiles {
  /**
   * Keeps the report of a file: one of `trace show --json`, or records as JSON lines.
   *
   * @returns the number it has from now on
   * @throws Refusal 422 where it is neither, or holds nothing
   */
  add(name: string, text: string): string
  get(number: string): TraceFile | undefined
  /** The newest first. */
  list(): readonly TraceFile[]
}

const LONGEST_NAME = 100

/** @param capacity how many characters of files are kept; the oldest make room */
export function createTraceFiles(capacity: number): TraceFiles {
  const files = new Map<string, TraceFile & { readonly size: number }>()
  let size = 0
  let count = 0

  return {
    add(name, text) {
      const report = readEither(text)
      if (report.points.length === 0) throw new Refusal(422, 'There are no records in this file.')
      for (const [oldest, file] of files) {
        if (size + text.length <= capacity) break
        files.delete(oldest)
        size -= file.size
      }
      count++
      const number = String(count)
      files.set(number, { number, name: name.slice(0, LONGEST_NAME), report, size: text.length })
      size += text.length
      return number
    },
    get: number => files.get(number),
    list: () => [...files.values()].reverse(),
  }
}

function readEither(text: string): Report {
  try {
    return readReport(text)
  } catch {
    return readLines(text)
  }
}

function readLines(text: string): Report {
  try {
    return buildReport(parseRecords(text))
  } catch {
    throw new Refusal(422, 'This file is neither a report of "osprofiler trace show --json" nor records as JSON lines.')
  }
}
