import { asNumber, ExactNumber, parseJson, stringifyJson } from '@osprofiler/core/json'
import { BigInt, Number, Object, String } from '@osprofiler/core/toolkit'
import { toSendable } from './sendable.js'

// Matches integers. Python writes every other number with a point or an exponent.
const INTEGER_PATTERN = /^-?\d+$/

/**
 * Reads JSON from Python. At any depth, it may contain `NaN`, `Infinity`, and integers beyond 2 ** 53, which are read
 * as BigInt. Throws a `SyntaxError` for invalid JSON.
 */
export function readJson(text: string): unknown {
  const root = { value: parseJson(text) }
  // The value is converted in place, because no other code uses it.
  const unconverted: object[] = [root]
  for (let container = unconverted.pop(); container !== undefined; container = unconverted.pop()) {
    for (const [name, member] of Object.entries(container)) {
      const plain = toPlainNumber(member)
      // `defineProperty` is used, because assigning to a member named `__proto__` would change the prototype.
      if (plain !== member) Object.defineProperty(container, name, { value: plain })
      if (typeof plain === 'object' && plain !== null) unconverted.push(plain)
    }
  }
  return root.value
}

/**
 * Writes JSON for Python: a BigInt as an integer, and `NaN` and infinite numbers in Python's spelling.
 *
 * @throws TypeError for a cycle or a value that JSON cannot encode, RangeError for nesting that is too deep, or the
 * error that a getter throws
 */
export function writeJson(value: object): string {
  return stringifyJson(toSendable(value)) as string
}

function toPlainNumber(value: unknown): unknown {
  const number = asNumber(value)
  if (number === undefined) return value
  if (Number.isSafeInteger(number) || !Number.isInteger(number)) return number
  const source = ExactNumber.is(value) ? value.source : String(number)
  return INTEGER_PATTERN.test(source) ? BigInt(source) : number
}
