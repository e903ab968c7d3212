import { readReports } from '../store/read-reports.js'
import type { ReadOptions } from '../store/read-trace.js'
import { type ComparisonOptions, showDiff } from './show-diff.js'

/** Options of `osprofiler trace diff`. */
export interface DiffOptions extends ReadOptions, ComparisonOptions {}

/** Compares two traces, or two files with several traces each. Returns the exit code of `showDiff`. */
export async function diffTraces(before: string, after: string, options: DiffOptions): Promise<number> {
  const [old, current] = [await readReports(before, options), await readReports(after, options)]
  return await showDiff(old, current, options)
}
