import { Set } from '../../platform/platform.js'

const WORD = /[A-Z]+(?![a-z\x80-\uffff])|[A-Z]?[a-z\x80-\uffff]+/g
const MAX_NAME_CHARS = 256

/**
 * Returns the words of a name in lower case, split at case changes, digits and punctuation: `DB_PASS`, `smtpPass`,
 * `connect.sid`.
 */
export function wordsOf(name: string): readonly string[] {
  const words: string[] | null = name.match(WORD)
  return words === null ? [] : words.map(word => word.toLowerCase())
}

/** Shortens a long name to its beginning and end, whose words say what the name is about. */
export function shortenName(name: string): string {
  return name.length <= MAX_NAME_CHARS ? name : `${name.slice(0, MAX_NAME_CHARS)} ${name.slice(-MAX_NAME_CHARS)}`
}

/** Creates a set from one string, with a single space between two words. */
export function createWordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(' '))
}
