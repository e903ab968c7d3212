import { isFinite, isInteger, isSafeInteger, Number, Object, String, TypeError } from './language.js'

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
const INTEGER = /^-?\d+$/
/** An integer with at most this many characters is always a safe integer. */
const MAX_SAFE_INTEGER_CHARS = 15
/**
 * Python writes a positive float below this value with an exponent. JavaScript often writes such a float without an
 * exponent.
 */
export const MIN_FLOAT_WITHOUT_EXPONENT = 1e-4

let wasWritten = false

/**
 * A JSON number that JavaScript would write differently: an integer beyond 2 ** 53, or a float that Python writes as
 * `1.0`, `1e-07`, `1e+16` or `-0.0`. Calculations such as `value + 1` or `value > 0` use the nearest JavaScript number.
 *
 * @example
 * const { id } = parseJson('{"id": 9007199254740993}')
 * String(id) // '9007199254740993'
 */
export class ExactNumber extends Number {
  readonly #source: string

  /** @throws TypeError for a string that is not a JSON number */
  constructor(source: string) {
    if (!NUMBER.test(source)) throw new TypeError('An ExactNumber takes the text of a JSON number, such as "1e-07".')
    super(source)
    this.#source = source
  }

  /** The exact number as JSON text. */
  get source(): string {
    return this.#source
  }

  override toString(): string {
    return this.#source
  }

  /**
   * Returns the nearest number, because `JSON.stringify` cannot write the exact number. `stringifyJson` writes the
   * exact number.
   */
  toJSON(): number {
    wasWritten = true
    return this.valueOf()
  }

  /** Shows the exact number in `console.log`, which would otherwise show the nearest number. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.#source
  }

  /** Returns whether a value is an `ExactNumber`. Runs none of the value's own code, such as getters or proxy traps. */
  static is(value: unknown): value is ExactNumber {
    return typeof value === 'object' && value !== null && #source in value
  }
}

/**
 * Calls `write`, which serializes a value. Returns the resulting text, and whether the value contained an
 * `ExactNumber`.
 */
export function detectExact(write: () => string | undefined): {
  readonly text: string | undefined
  readonly metExact: boolean
} {
  wasWritten = false
  const text = write()
  return { text, metExact: wasWritten }
}

/**
 * Returns a number unchanged, and converts an `ExactNumber` to the nearest number. Returns undefined for other values.
 */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return ExactNumber.is(value) ? value.valueOf() : undefined
}

/**
 * Parses a JSON number. Returns a plain number if JavaScript would write that number either exactly like `token` or in
 * the same way as Python. Otherwise, returns an `ExactNumber`.
 */
export function parseNumber(token: string): number | ExactNumber {
  const value = Number(token)
  if (INTEGER.test(token)) {
    // Adding 0 turns -0 into 0, because Python reads the integer `-0` as 0.
    if (token.length <= MAX_SAFE_INTEGER_CHARS || isSafeInteger(value) || String(value) === token) return value + 0
    return new ExactNumber(token)
  }
  if (isSafeInteger(value) && token === `${value}.0`) return new ExactNumber(token)
  const isPlain = !isFinite(value) || isWrittenAlike(value) || String(value) === token
  return isPlain ? value : toExactNumber(formatPythonFloat(value), value)
}

/**
 * Converts a float from a store that keeps numbers in binary form. A whole number becomes an `ExactNumber` such as
 * `1.0`, so that it is still written as a float.
 */
export function exactFloat(value: number): number | ExactNumber {
  return isInteger(value) ? toExactNumber(formatPythonFloat(value), value) : value
}

function toExactNumber(source: string, value: number): number | ExactNumber {
  return source === String(value) ? value : new ExactNumber(source)
}

/** Returns whether JavaScript and Python write a float in the same way. */
function isWrittenAlike(value: number): boolean {
  return !isInteger(value) && (value >= MIN_FLOAT_WITHOUT_EXPONENT || value <= -MIN_FLOAT_WITHOUT_EXPONENT)
}

/** Formats a finite float like Python's `repr`: with JavaScript's digits, but Python's rules for exponents. */
function formatPythonFloat(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 16) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${exponent.slice(1).padStart(2, '0')}`
  }
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.includes('.') ? text : `${text}.0`
}
