import { asNumber } from '../../json/exact-number.js'
import { Number } from '../../platform/platform.js'
import { createWordSet, wordsOf } from './name-words.js'

/** Values of settings and of `fetch` options. */
const SETTING_VALUES = createWordSet(
  'enabled disabled true false on off yes no none null undefined required optional include omit same-origin',
)
const MAX_SETTING_CHARS = 16
const MAX_PATH_CHARS = 256
/** A smaller number under the name `pass` is the number of passed tests, as in `{pass: 3, fail: 1}`. */
const MAX_PASSED_TESTS = 10_000
const PATH = /^(?:\/[a-z]{1,16}|(?:~|[A-Za-z]:)?(?:[\\/][\w.@ -]+){2,}|\/(?=.*\.\w{1,8}$)[\w.-]+)[\\/]?$/
const ANY_PATH = /^(?:[A-Za-z]:)?(?:[\\/][\w.@ -]*)+$/
const NUMBER = /^\d{1,15}$/

/** Returns whether a value under a secret name is harmless: `{auth: true}`, `{tokens: 15}`, `{credentials: 'omit'}`. */
export function isHarmless(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return true
  const number = asNumber(value)
  if (number !== undefined) return isCount(name, number)
  return typeof value === 'string' && isHarmlessText(name, value)
}

/** Works like `isHarmless`, for a value in a text, where numbers are strings. */
export function isHarmlessText(name: string, value: string): boolean {
  if (value.length > MAX_PATH_CHARS) return false
  if (value.length <= MAX_SETTING_CHARS && SETTING_VALUES.has(value.toLowerCase())) return true
  if (NUMBER.test(value)) return isCount(name, Number(value))
  if (!/^[/\\~]|^[A-Za-z]:/.test(value)) return false
  if (/^(?:OLD)?PWD$/.test(name)) return ANY_PATH.test(value)
  return PATH.test(value) && wordsOf(name).at(-1) === 'pwd'
}

function isCount(name: string, value: number): boolean {
  const words = wordsOf(name)
  if (words.at(-1) === 'tokens') return true
  return words.at(-1) === 'pass' && words.length <= 2 && !/[A-Z]{4}/.test(name) && value < MAX_PASSED_TESTS
}

/** Returns whether a value in a URL is not a secret: `code=404`, `key=name`, `session=morning`. */
export function isHarmlessInUrl(name: string, value: string): boolean {
  if (/^code$/i.test(name)) return /^\d{3}$/.test(value)
  if (/^(?:key|session)$/i.test(name)) return /^[a-z]{1,12}$/.test(value)
  return isHarmlessText(name, value)
}
