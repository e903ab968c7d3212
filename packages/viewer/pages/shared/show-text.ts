import { formatDuration } from '@osprofiler/report'
import { showText as showCut } from '@osprofiler/report/toolkit'

const MAX_LABEL_CHARS = 300

/** Makes a record's text safe to show: no character in it hides text, reverses letters or breaks the line. */
export function showText(text: string | undefined, maxChars = MAX_LABEL_CHARS): string {
  return showCut(text, maxChars, ' ...')
}

/** Formats a duration in microseconds, or says `unknown`. */
export function showDuration(us: number | undefined): string {
  return us === undefined ? 'unknown' : formatDuration(us)
}

/** Returns the message of an error, or any other thrown value as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
