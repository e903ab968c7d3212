import { escapeControl, type Report, readTraceFile } from '@osprofiler/report'
import { Refusal } from '../answers/respond.js'

/** A file that the user opened in the browser: its text was sent here, and nothing of it is ever written. */
export interface TraceFile {
  readonly number: string
  readonly name: string
  readonly report: Report
}

/** The files that were opened lately, in memory. */
export interface TraceFiles {
  /**
   * Keeps the report of a file of any kind that `readTraceFile` knows.
   *
   * @returns the number it has from now on
   * @throws Refusal 422 where it is none, or holds nothing; 413 where it holds too much
   */
  add(name: string, text: AsyncIterable<string>): Promise<string>
  get(number: string): TraceFile | undefined
  /** The newest first. */
  list(): readonly TraceFile[]
}

const MAX_NAME_LENGTH = 100
/** More records than tracers write into the largest file that is taken. */
const MAX_RECORDS = 400_000
/** What a point takes in memory, in characters of a file. */
const CHARACTERS_PER_POINT = 1_000

/** @param capacity how many characters of files are kept; the oldest make room */
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
    // It speaks of the user's own file, and of nothing here.
    throw new Refusal(error instanceof RangeError ? 413 : 422, escapeControl(error.message))
  })
  if (report.baseId === undefined) throw new Refusal(422, 'There is no trace in this file.')
  return report
}
