import { ExactNumber, parseJson, stringifyJson } from '@osprofiler/core/json'
import { Array, BigInt, Number, Object, Reflect, String, TypeError } from '@osprofiler/core/toolkit'

/**
 * The value of a text that Python has written, with `NaN`, `Infinity`, and a BigInt for each integer beyond 2 ** 53.
 *
 * @throws SyntaxError
 */
export function readJson(text: string): unknown {
  return withPlainNumbers(parseJson(text))
}

/**
 * A text that Python reads: a BigInt is an integer, and `NaN` and infinite numbers are as Python writes them.
 *
 * @throws TypeError for what has no JSON, RangeError for what is nested too deep, and what a getter throws
 */
export function writeJson(value: unknown): string {
  // A cycle ends here with a RangeError.
  const text = stringifyJson(withExactNumbers(value))
  if (text === undefined) throw new TypeError('A value of oslo.messaging has JSON; this one has none.')
  return text
}

/** In place: nobody else has the value. */
function withPlainNumbers(value: unknown): unknown {
  if (ExactNumber.is(value)) return toPlain(value)
  if (typeof value !== 'object' || value === null) return value
  for (const [name, member] of Object.entries(value)) {
    const plain = withPlainNumbers(member)
    // Defined, not set: a member may be called __proto__.
    if (plain !== member) Object.defineProperty(value, name, { value: plain })
  }
  return value
}

function toPlain({ source }: ExactNumber): number | bigint {
  const number = Number(source)
  return /^-?\d+$/.test(source) && !Number.isSafeInteger(number) ? BigInt(source) : number
}

function withExactNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return new ExactNumber(String(value))
  if (Array.isArray(value)) return value.map(withExactNumbers)
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withExactNumbers(member)]))
}

/** Whether an object is nothing but its members: others (a Date, a traced class) say by themselves what their JSON is. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return (prototype === null || prototype === Object.prototype) && typeof Reflect.get(value, 'toJSON') !== 'function'
}
