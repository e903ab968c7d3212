import { createReadStream } from 'node:fs'
import { OsprofilerError } from '@osprofiler/core'
import { type Report, readTraceFile } from '@osprofiler/report'

/**
 * Reads the report of a file, which is never in memory as a whole.
 *
 * @throws OsprofilerError `ERR_TRACE_FILE`
 */
export async function readReportFile(path: string): Promise<Report> {
  try {
    return await readTraceFile(createReadStream(path, 'utf8'))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new OsprofilerError('ERR_TRACE_FILE', `Cannot read a trace from ${path}: ${reason}`, { cause })
  }
}
