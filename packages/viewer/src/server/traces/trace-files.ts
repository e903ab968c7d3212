import { escapeControl, type Report, readTraceFile } from '@osprofiler/report'
import { Refusal } from '../answers/respond.js'

/** A file that the user opened in the browser. Its text was sent here, and is never written anywhere. */
export interface TraceFile {
  readonly number: string
  readonly name: string
  readonly report: Report
}

/** Files that users opened in the browser, kept in memory. */
export interface TraceFiles {
  /**
   * Keeps the report of any file that `readTraceFile` can read, and returns the file's number. Throws a Refusal: 422 if
   * the file is unreadable or empty, 413 if it holds too much.
   */
  add(name: string, text: AsyncIterable<string>): Promise<string>
  get(number: string): TraceFile | undefined
  /** Newest first. */
  list(): readonly TraceFile[]
}

const MAX_NAME_LENGTH = 100
/** More records than tracers write into the largest accepted file. */
const MAX_RECORDS = 400_000
/** The memory of a point, in characters of a file. */
const CHARACTERS_PER_POINT = 1_000

/** Creates a store for up to `capacity` characters of files, in which the oldest make room. */
export function createTraceFiles(capacity: number): TraceFiles {
  const files = new Map<string, TraceFile & { readonly size: number }>()
  let total = 0
  let count = 0

  function makeRoom(size: number): void {
    for (const [oldest, file] of files) {
      if (total + size <= capacity) return
      files.delete(oldest)
      total -= file.size
    }
  }

  return {
    async add(name, text) {
      let size = 0
      const report = await readFile(
        (async function* () {
          for await (const piece of text) {
            size += piece.length
            yield piece
          }
        })(),
      )
      size = Math.max(size, report.points.length * CHARACTERS_PER_POINT)
      makeRoom(size)
      total += size
      count++
      const number = String(count)
      files.set(number, { number, name: name.slice(0, MAX_NAME_LENGTH), report, size })
      return number
    },
    get: number => files.get(number),
    list: () => [...files.values()].reverse(),
  }
}

async function readFile(text: AsyncIterable<string>): Promise<Report> {
  const report = await readTraceFile(text, { mostRecords: MAX_RECORDS }).catch(error => {
    if (error instanceof Refusal || !(error instanceof Error)) throw error
    // The message is about the user's own file, and reveals nothing of this machine.
    throw new Refusal(error instanceof RangeError ? 413 : 422, escapeControl(error.message))
  })
  if (report.baseId === undefined) throw new Refusal(422, 'There is no trace in this file.')
  return report
}
