import { createReadStream, type ReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type Report, readTraceFile } from '@osprofiler/report'
import { showProgress } from './progress.js'

/** In bytes: each piece is waited for, and a busy machine lets one wait. */
const PIECE = 512 * 1024
/** What a record takes of a file, in bytes, as a rule of thumb. */
const RECORD = 300

/**
 * Reads the report of a file, which is never in memory as a whole.
 *
 * @throws OsprofilerError `ERR_TRACE_FILE`
 */
export async function readReportFile(path: string): Promise<Report> {
  try {
    const { size } = await stat(path)
    const stream = createReadStream(path, { encoding: 'utf8', highWaterMark: PIECE })
    return await readTraceFile(watched(stream, size))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const { OsprofilerError } = await import('@osprofiler/core')
    throw new OsprofilerError('ERR_TRACE_FILE', `Cannot read a trace from ${path}: ${reason}`, { cause })
  }
}

/** Says how much has been read, and of how much, where the file is no pipe. */
async function* watched(stream: ReadStream, size: number): AsyncGenerator<string> {
  const whole = size > 0 ? ` of ${toMegabytes(size)}` : ''
  for await (const piece of stream) {
    showProgress(`Reading the trace, ${toMegabytes(stream.bytesRead)}${whole} MB`)
    yield piece
  }
  showProgress('Putting the records together', stream.bytesRead / RECORD)
}

function toMegabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1)
}
