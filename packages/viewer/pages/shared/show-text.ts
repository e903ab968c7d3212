import { escapeControl } from '@osprofiler/report'

const MAX_LABEL_LENGTH = 300

/** Text of a record as a person may see it: nothing in it hides, turns letters round or breaks the line. */
export function showText(text: string | undefined, longest = MAX_LABEL_LENGTH): string {
  if (text === undefined) return ''
  return text.length <= longest ? escapeControl(text) : `${escapeControl(text.slice(0, longest))} ...`
}
