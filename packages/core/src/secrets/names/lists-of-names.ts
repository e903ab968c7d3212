import { isSecretName } from './secret-names.js'

const MAX_LABEL_CHARS = 64
const OPTION = /^--?\w/
const HEADER = /-|^(?:authori[sz]ation|cookie)$/i
// Matches `created_at`, `firstName` and `address.street`, but no names with digits.
const PLAIN_NAME = /^[A-Za-z]+(?:[_.-][A-Za-z]+)*$/
const MAX_PLAIN_NAME_CHARS = 24

/** Returns whether a list entry, such as `created_at`, looks like another name rather than a value. */
export function isPlainName(value: string): boolean {
  return value.length <= MAX_PLAIN_NAME_CHARS && PLAIN_NAME.test(value)
}

/** Returns whether the next entry is always the value of this label, as with `--password` and `X-Api-Key`. */
export function takesValue(label: string): boolean {
  return OPTION.test(label) || HEADER.test(label)
}

/** Returns whether an entry is the value of the secret name before it, as in `rawHeaders`, rather than another name. */
export function isValueOfLabel(list: readonly unknown[], index: number): boolean {
  const label = list[index - 1]
  const value = list[index]
  if (typeof label !== 'string' || label.length > MAX_LABEL_CHARS || !isSecretName(label)) return false
  if (typeof value === 'boolean') return false
  if (typeof value !== 'string') return true
  if (OPTION.test(label)) return !OPTION.test(value) || /\d/.test(value)
  if (!isPlainName(value)) return true
  if (list.length % 2 === 1 || index % 2 === 0) return false
  return HEADER.test(label) || hasValues(list)
}

/** Returns whether at least one entry in the position of a value is not a plain name. */
function hasValues(list: readonly unknown[]): boolean {
  return (
    list.length > 2 && list.some((each, index) => index % 2 === 1 && (typeof each !== 'string' || !isPlainName(each)))
  )
}
