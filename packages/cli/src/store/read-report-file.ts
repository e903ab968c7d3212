import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type Report, readTraceFile } from '@osprofiler/report'
import { failure, messageOf } from '../output/failure.js'
import { showProgress } from '../output/progress.js'

/** Pieces are large because each one is awaited, and a busy machine lets it wait. */
const PIECE_BYTES = 512 * 1024
/** Approximate bytes of a record in a file. */
const RECORD = 300

/** How long to wait for the first piece of standard input, if the user did not ask for it by "-". */
const INPUT_PATIENCE_MS = 5_000

/** A text in pieces, and how much of it has come. */
interface Source extends AsyncIterable<string> {
  readonly bytesRead: number
}

/**
 * Reads the report of a file, or of standard input for `-` and `/dev/stdin`. The text is never in memory as a whole.
 * With `isLimited`, standard input must begin within some seconds. Throws `ERR_TRACE_FILE`.
 */
export async function readReportFile(path: string, isLimited: boolean): Promise<Report> {
  try {
    if (path === '-' || path === '/dev/stdin') return await readTraceFile(watched(openInput(isLimited), 0))
    const { size } = await stat(path)
    return await readTraceFile(watched(createReadStream(path, { encoding: 'utf8', highWaterMark: PIECE_BYTES }), size))
  } catch (cause) {
    const reason = messageOf(cause)
    throw await failure('ERR_TRACE_FILE', `Cannot read a trace from ${path}: ${reason}`, { cause })
  }
}

function openInput(isLimited: boolean): Source {
  const input = process.stdin.setEncoding('utf8')
  if (isLimited) {
    const late = (): unknown => input.destroy(new Error(`nothing came within ${INPUT_PATIENCE_MS / 1_000} s`))
    const timer = setTimeout(late, INPUT_PATIENCE_MS)
    for (const event of ['readable', 'end', 'error', 'close']) input.once(event, () => clearTimeout(timer))
  }
  return input
}

/** Shows how much has been read, and of how much, except for pipes. */
async function* watched(source: Source, size: number): AsyncGenerator<string> {
  const whole = size > 0 ? ` of ${toMegabytes(size)}` : ''
  for await (const piece of source) {
    showProgress(`Reading the trace, ${toMegabytes(source.bytesRead)}${whole} MB`)
    yield piece
  }
  showProgress('Putting the records together', source.bytesRead / RECORD)
}

function toMegabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1)
}
