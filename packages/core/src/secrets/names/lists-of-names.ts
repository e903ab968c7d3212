import { isSecretName } from './secret-names.js'

const MAX_LABEL = 64
const OPTION = /^--?\w/
const HEADER = /-|^(?:authori[sz]ation|cookie)$/i
// `created_at`, `firstName`, `address.street`: no digits.
const PLAIN = /^[A-Za-z]+(?:[_.-][A-Za-z]+)*$/
const MAX_PLAIN = 24

/** Whether a text looks like one more name in a list of names. */
export function isPlainName(value: string): boolean {
  return value.length <= MAX_PLAIN && PLAIN.test(value)
}

/** Whether what follows such a label in a list is its value, whatever the value looks like: `--password`, `X-Api-Key`. */
export function takesValue(label: string): boolean {
  return OPTION.test(label) || HEADER.test(label)
}

/**
 * Whether the entry of a list is the value of the secret that the entry before it names, as in Node's `rawHeaders`. A list
 * of names, `['id', 'password', 'created_at']`, has none.
 */
export function followsLabel(list: readonly unknown[], index: number): boolean {
  const label = list[index - 1]
  const value = list[index]
  if (typeof label !== 'string' || label.length > MAX_LABEL || !isSecretName(label)) return false
  if (typeof value === 'boolean') return false
  if (typeof value !== 'string') return true
  if (OPTION.test(label)) return !OPTION.test(value) || /\d/.test(value)
  if (!isPlainName(value)) return true
  if (list.length % 2 === 1 || index % 2 === 0) return false
  return HEADER.test(label) || hasValues(list)
}

/** Whether some entry at the place of a value is no name. */
function hasValues(list: readonly unknown[]): boolean {
  return (
    list.length > 2 && list.some((each, index) => index % 2 === 1 && (typeof each !== 'string' || !isPlainName(each)))
  )
}
