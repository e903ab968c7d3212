import { escapeControl, type Report, readTraceFile } from '@osprofiler/report'
import { Refusal } from '../answers/respond.js'

/**
 * A file that the user opened in the browser. The browser sent its text to the server, which never writes the text to
 * disk.
 */
export interface TraceFile {
  readonly number: string
  readonly name: string
  readonly report: Report
}

/** Files that users opened in the browser, kept in memory. */
export interface TraceFiles {
  /**
   * Keeps the report of any file that `readTraceFile` can read, and returns the file's number. Throws a Refusal: 422 if
   * the file is unreadable or empty, 413 if it is too large.
   */
  add(name: string, text: AsyncIterable<string>): Promise<string>
  get(number: string): TraceFile | undefined
  /** Returns the files, newest first. */
  list(): readonly TraceFile[]
}

const MAX_NAME_CHARS = 100
/**
 * Maximum number of records in a file. Even the largest accepted file contains fewer records if a tracer wrote them.
 */
const MAX_RECORDS = 400_000
/** The memory that a point takes, expressed in characters of a file. */
const CHARS_PER_POINT = 1_000

/**
 * Creates a store for files with up to `capacityChars` characters in total. If the store is full, the oldest files are
 * removed.
 */
export function createTraceFiles(capacityChars: number): TraceFiles {
  const files = new Map<string, TraceFile & { readonly sizeChars: number }>()
  let totalChars = 0
  let count = 0

  function makeRoom(sizeChars: number): void {
    for (const [oldest, file] of files) {
      if (totalChars + sizeChars <= capacityChars) return
      files.delete(oldest)
      totalChars -= file.sizeChars
    }
  }

  return {
    async add(name, text) {
      let sizeChars = 0
      const report = await readFile(
        (async function* () {
          for await (const piece of text) {
            sizeChars += piece.length
            yield piece
          }
        })(),
      )
      sizeChars = Math.max(sizeChars, report.points.length * CHARS_PER_POINT)
      makeRoom(sizeChars)
      totalChars += sizeChars
      count++
      const number = String(count)
      files.set(number, { number, name: name.slice(0, MAX_NAME_CHARS), report, sizeChars })
      return number
    },
    get: number => files.get(number),
    list: () => [...files.values()].reverse(),
  }
}

async function readFile(text: AsyncIterable<string>): Promise<Report> {
  const report = await readTraceFile(text, { mostRecords: MAX_RECORDS }).catch(error => {
    if (error instanceof Refusal || !(error instanceof Error)) throw error
    // The message is about the user's own file, and reveals nothing about this machine.
    throw new Refusal(error instanceof RangeError ? 413 : 422, escapeControl(error.message))
  })
  if (report.baseId === undefined) throw new Refusal(422, 'This file contains no trace.')
  return report
}
