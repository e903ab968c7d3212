import { escapeControl } from '@osprofiler/report'
import { pauseProgress } from './progress.js'

/** Prints lines on standard error, so that a pipe gets the trace alone. Escapes keep each line on one line. */
export function printRemarks(...lines: readonly string[]): void {
  pauseProgress()
  for (const line of lines) process.stderr.write(`${escapeControl(line)}\n`)
}
