import { asNumber, ExactNumber, parseJson, stringifyJson } from '@osprofiler/core/json'
import { BigInt, Number, Object, String } from '@osprofiler/core/toolkit'
import { toSendable } from './sendable.js'

// Matches integers. Python writes every other number with a point or an exponent.
const INTEGER_PATTERN = /^-?\d+$/

/**
 * Reads JSON from Python, which may contain `NaN`, `Infinity` and integers beyond 2 ** 53 (read as BigInt), at any
 * depth. Throws a `SyntaxError`.
 */
export function readJson(text: string): unknown {
  const root = { value: parseJson(text) }
  // Converts in place, because no other code uses the value.
  const unconverted: object[] = [root]
  for (let container = unconverted.pop(); container !== undefined; container = unconverted.pop()) {
    for (const [name, member] of Object.entries(container)) {
      const plain = toPlainNumber(member)
      // Defines the member instead of setting it, because its name may be `__proto__`.
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
