import { asNumber, ExactNumber, parseJson, stringifyJson } from '@osprofiler/core/json'
import { BigInt, Number, Object, String } from '@osprofiler/core/toolkit'
import { toSendable } from './sendable.js'

// Python writes all other numbers with a point or an exponent.
const INTEGER = /^-?\d+$/

/**
 * The value of a text that Python has written, with `NaN`, `Infinity`, and a BigInt for each integer beyond 2 ** 53. No
 * depth overflows the stack.
 *
 * @throws SyntaxError
 */
export function readJson(text: string): unknown {
  const root = { value: parseJson(text) }
  // In place: nobody else has the value.
  const left: object[] = [root]
  for (let container = left.pop(); container !== undefined; container = left.pop()) {
    for (const [name, member] of Object.entries(container)) {
      const plain = toPlain(member)
      // Defined, not set: a member may be called __proto__.
      if (plain !== member) Object.defineProperty(container, name, { value: plain })
      if (typeof plain === 'object' && plain !== null) left.push(plain)
    }
  }
  return root.value
}

/**
 * A text that Python reads: a BigInt is an integer, and `NaN` and infinite numbers are as Python writes them.
 *
 * @throws TypeError for what has no JSON and for a cycle, RangeError for what is nested too deep, and what a getter throws
 */
export function writeJson(value: object): string {
  return stringifyJson(toSendable(value)) as string
}

function toPlain(value: unknown): unknown {
  const number = asNumber(value)
  if (number === undefined) return value
  if (Number.isSafeInteger(number) || !Number.isInteger(number)) return number
  const source = ExactNumber.is(value) ? value.source : String(number)
  return INTEGER.test(source) ? BigInt(source) : number
}
