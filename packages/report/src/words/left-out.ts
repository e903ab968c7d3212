import { formatCount } from './format-duration.js'

export function leftOutSentence(entries: number): string {
  return entries === 1
    ? '1 entry of this trace holds no record that can be read, and is left out.'
    : `${formatCount(entries)} entries of this trace hold no records that can be read, and are left out.`
}
