import { formatCount } from './format-duration.js'

/** Returns the sentence with which the command and the page say how many entries of a trace are unreadable. */
export function leftOutSentence(entries: number): string {
  return entries === 1
    ? '1 entry of this trace holds no record that can be read, and is left out.'
    : `${formatCount(entries)} entries of this trace hold no records that can be read, and are left out.`
}
