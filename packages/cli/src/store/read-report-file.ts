import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type Report, readTraceFile } from '@osprofiler/report'
import { createFailure, messageOf } from '../output/create-failure.js'
import { showProgress } from '../output/progress.js'

/**
 * Size of the pieces in which a file is read. Large pieces mean few awaits, each of which takes long on a busy machine.
 */
const PIECE_BYTES = 512 * 1024
/** Approximate size of a record in a file, in bytes. */
const RECORD_BYTES = 300

/** How long to wait for the first piece of standard input if the user named /dev/stdin instead of "-". */
const INPUT_TIMEOUT_MS = 5_000

/** A text in pieces, and how much of it has been read. */
interface TextSource extends AsyncIterable<string> {
  readonly bytesRead: number
}

/**
 * Reads the report from a file, or from standard input for `-` and `/dev/stdin`. The whole text is never in memory at
 * once. With `hasInputTimeout`, the first piece of standard input must arrive within five seconds. Throws
 * `ERR_TRACE_FILE`.
 */
export async function readReportFile(path: string, hasInputTimeout: boolean): Promise<Report> {
  try {
    if (path === '-' || path === '/dev/stdin') return await readTraceFile(withProgress(openInput(hasInputTimeout), 0))
    const { size } = await stat(path)
    return await readTraceFile(
      withProgress(createReadStream(path, { encoding: 'utf8', highWaterMark: PIECE_BYTES }), size),
    )
  } catch (cause) {
    const reason = messageOf(cause)
    throw await createFailure('ERR_TRACE_FILE', `Cannot read a trace from ${path}: ${reason}`, { cause })
  }
}

function openInput(hasInputTimeout: boolean): TextSource {
  const input = process.stdin.setEncoding('utf8')
  if (hasInputTimeout) {
    const failLate = (): unknown => input.destroy(new Error(`no input came within ${INPUT_TIMEOUT_MS / 1_000} s`))
    const timer = setTimeout(failLate, INPUT_TIMEOUT_MS)
    for (const event of ['readable', 'end', 'error', 'close']) input.once(event, () => clearTimeout(timer))
  }
  return input
}

/** Shows how much has been read and, except for pipes, the total size. */
async function* withProgress(source: TextSource, size: number): AsyncGenerator<string> {
  const whole = size > 0 ? ` of ${toMegabytes(size)}` : ''
  for await (const piece of source) {
    showProgress(`Reading the trace, ${toMegabytes(source.bytesRead)}${whole} MB`)
    yield piece
  }
  showProgress('Putting the records together', source.bytesRead / RECORD_BYTES)
}

function toMegabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1)
}
