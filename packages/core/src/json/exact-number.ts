import { isFinite, isInteger, isSafeInteger, Number, Object, String, TypeError } from './language.js'

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
const INTEGER = /^-?\d+$/
/** Any integer of so many characters is safe. */
const SAFE_LENGTH = 15
/** Python writes smaller floats with an exponent, and JavaScript many of them without one. */
export const MIN_ALIKE = 1e-4

let wasWritten = false

/**
 * A number of JSON that JavaScript would write in another way: an integer beyond 2 ** 53, and a float that Python writes
 * as `1.0`, `1e-07`, `1e+16` or `-0.0`. It counts as the nearest number: `value + 1`, `value > 0`, `Number(value)`.
 *
 * @example
 * const { id } = parseJson('{"id": 9007199254740993}')
 * String(id) // '9007199254740993'
 */
export class ExactNumber extends Number {
  readonly #source: string

  /**
   * @param source the number as JSON, as Python writes it
   * @throws TypeError for a text that is no number of JSON
   */
  constructor(source: string) {
    if (!NUMBER.test(source)) throw new TypeError('An ExactNumber is made of a number of JSON, such as "1e-07".')
    super(source)
    this.#source = source
  }

  /** The number as JSON. */
  get source(): string {
    return this.#source
  }

  override toString(): string {
    return this.#source
  }

  /** The nearest number: `JSON.stringify` knows no other way. `stringifyJson` writes the number itself. */
  toJSON(): number {
    wasWritten = true
    return this.valueOf()
  }

  /** For `console.log`, which would show the nearest number. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.#source
  }

  /** Runs nothing of the value, whatever it is. */
  static is(value: unknown): value is ExactNumber {
    return typeof value === 'object' && value !== null && #source in value
  }
}

/** Whether `write` asked an `ExactNumber` for its JSON, and the text that `write` made. */
export function noticeExact(write: () => string | undefined): {
  readonly text: string | undefined
  readonly met: boolean
} {
  wasWritten = false
  const text = write()
  return { text, met: wasWritten }
}

/** The number that a value is, also an `ExactNumber`; undefined for anything else. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return ExactNumber.is(value) ? value.valueOf() : undefined
}

/** The value of a number's JSON: a number where JavaScript or Python writes that as JavaScript does, or an `ExactNumber`. */
export function readNumber(token: string): number | ExactNumber {
  const value = Number(token)
  if (INTEGER.test(token)) {
    // Plus 0: the integer -0 is 0.
    if (token.length <= SAFE_LENGTH || isSafeInteger(value) || String(value) === token) return value + 0
    return new ExactNumber(token)
  }
  if (isSafeInteger(value) && token === `${value}.0`) return new ExactNumber(token)
  const isPlain = !isFinite(value) || isAlike(value) || String(value) === token
  return isPlain ? value : exactNumber(pythonFloat(value), value)
}

/** A float as a store of numbers has it, and no text says how it was written: `1.0` stays a float. */
export function exactFloat(value: number): number | ExactNumber {
  return isInteger(value) ? exactNumber(pythonFloat(value), value) : value
}

function exactNumber(source: string, value: number): number | ExactNumber {
  return source === String(value) ? value : new ExactNumber(source)
}

/** Whether both languages write a float in the same way. */
function isAlike(value: number): boolean {
  return !isInteger(value) && (value >= MIN_ALIKE || value <= -MIN_ALIKE)
}

/** A finite float as Python's `repr` shows it: with the digits that JavaScript shows, but exponents from other sizes on. */
function pythonFloat(value: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  const power = Number(exponent)
  if (power < -4 || power >= 16) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${exponent.slice(1).padStart(2, '0')}`
  }
  const text = Object.is(value, -0) ? '-0' : String(value)
  return text.includes('.') ? text : `${text}.0`
}
