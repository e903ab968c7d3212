import { formatDuration } from '@osprofiler/report'
import { showText as showCut } from '@osprofiler/report/toolkit'

const MAX_LABEL_LENGTH = 300

/** Text of a record as a person may see it: nothing in it hides, turns letters round or breaks the line. */
export function showText(text: string | undefined, longest = MAX_LABEL_LENGTH): string {
  return showCut(text, longest, ' ...')
}

/** A duration in microseconds, or the word for one that nobody knows. */
export function showDuration(us: number | undefined): string {
  return us === undefined ? 'unknown' : formatDuration(us)
}

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
