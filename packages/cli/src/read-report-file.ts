import { createReadStream } from 'node:fs'
import { type Report, readTraceFile } from '@osprofiler/report'

/** In bytes: each piece is waited for, and a busy machine lets one wait. */
const PIECE = 512 * 1024

/** How long the first piece of standard input is waited for, where nobody asked for standard input by "-". */
const INPUT_PATIENCE_MS = 5_000

/**
 * Reads the report of a file, or of standard input for `-` and `/dev/stdin`. The text is never in memory as a whole.
 *
 * @param isLimited whether standard input has to say something within some seconds
 * @throws OsprofilerError `ERR_TRACE_FILE`
 */
export async function readReportFile(path: string, isLimited: boolean): Promise<Report> {
  try {
    return await readTraceFile(openText(path, isLimited))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const { OsprofilerError } = await import('@osprofiler/core')
    throw new OsprofilerError('ERR_TRACE_FILE', `Cannot read a trace from ${path}: ${reason}`, { cause })
  }
}

function openText(path: string, isLimited: boolean): AsyncIterable<string> {
  if (path !== '-' && path !== '/dev/stdin') {
    return createReadStream(path, { encoding: 'utf8', highWaterMark: PIECE })
  }
  const input = process.stdin.setEncoding('utf8')
  if (isLimited) {
    const late = (): unknown => input.destroy(new Error(`nothing came within ${INPUT_PATIENCE_MS / 1_000} s`))
    const timer = setTimeout(late, INPUT_PATIENCE_MS)
    for (const event of ['readable', 'end', 'error', 'close']) input.once(event, () => clearTimeout(timer))
  }
  return input
}
