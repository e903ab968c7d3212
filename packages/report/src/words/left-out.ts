import { formatCount } from './format-duration.js'

/** Returns the sentence in which the command and the page report how many entries of a trace are unreadable. */
export function leftOutSentence(entries: number): string {
  return entries === 1
    ? '1 entry of this trace is left out because it holds no readable record.'
    : `${formatCount(entries)} entries of this trace are left out because they hold no readable records.`
}
