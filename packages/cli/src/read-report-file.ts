import { createReadStream } from 'node:fs'
import { type Report, readTraceFile } from '@osprofiler/report'

/** In bytes: each piece is waited for, and a busy machine lets one wait. */
const PIECE = 512 * 1024

/**
 * Reads the report of a file, which is never in memory as a whole.
 *
 * @throws OsprofilerError `ERR_TRACE_FILE`
 */
export async function readReportFile(path: string): Promise<Report> {
  try {
    return await readTraceFile(createReadStream(path, { encoding: 'utf8', highWaterMark: PIECE }))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const { OsprofilerError } = await import('@osprofiler/core')
    throw new OsprofilerError('ERR_TRACE_FILE', `Cannot read a trace from ${path}: ${reason}`, { cause })
  }
}
