import { escapeControl } from '@osprofiler/report'
import { pauseProgress } from './progress.js'

/**
 * Says lines on standard error: all but the trace itself goes there, so that this alone goes into a pipe. A line stays
 * one, whatever a record put into it.
 */
export function printRemarks(...lines: readonly string[]): void {
  pauseProgress()
  for (const line of lines) process.stderr.write(`${escapeControl(line)}\n`)
}
