import type { DiffOptions } from '../commands/diff-options.js'
import { readReports } from '../store/read-reports.js'
import { showDiff } from './show-diff.js'

/**
 * Compares two traces, or two files of several.
 *
 * @returns the exit code; see `showDiff`
 */
export async function diffTraces(before: string, after: string, options: DiffOptions): Promise<number> {
  const [old, current] = [await readReports(before, options), await readReports(after, options)]
  return await showDiff(old, current, options)
}
