import { escapeControl } from '@osprofiler/report'

const LONGEST_LABEL = 300

/** Text of a record as a person may see it: nothing in it hides, turns letters round or breaks the line. */
export function showText(text: string | undefined, longest = LONGEST_LABEL): string {
  if (text === undefined) return ''
  return text.length <= longest ? escapeControl(text) : `${escapeControl(text.slice(0, longest))} ...`
}
