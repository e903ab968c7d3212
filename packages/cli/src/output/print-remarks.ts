import { escapeControl } from '@osprofiler/report'
import { pauseProgress } from './progress.js'

/**
 * Prints lines to standard error, so that a pipe receives only the trace. Control characters are escaped, so that each
 * line stays one line.
 */
export function printRemarks(...lines: readonly string[]): void {
  pauseProgress()
  for (const line of lines) process.stderr.write(`${escapeControl(line)}\n`)
}
