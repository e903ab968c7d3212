import { formatDuration } from '@osprofiler/report'
import { showText as showCut } from '@osprofiler/report/toolkit'

const MAX_LABEL_CHARS = 300

/**
 * Makes text from a record safe to show. Escapes characters that could hide text, reverse letters or break the line.
 */
export function showText(text: string | undefined, maxChars = MAX_LABEL_CHARS): string {
  return showCut(text, maxChars, ' ...')
}

/** Formats a duration in microseconds, or returns `unknown`. */
export function showDuration(us: number | undefined): string {
  return us === undefined ? 'unknown' : formatDuration(us)
}

/** Returns an error's message, or any other thrown value as a string. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
