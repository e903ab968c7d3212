import { asNumber, ExactNumber } from '../json/index.js'
import { Array, BigInt, isFinite, isInteger, isSafeInteger, JSON, Object, String } from '../json/language.js'

/** A value that an attribute can contain unchanged in both encodings of OTLP, protobuf and JSON. */
export type AttributeValue = string | number | boolean

/**
 * Maximum length of a string in an attribute, in characters. The limit exists because collectors reject messages of a
 * few megabytes.
 */
export const MAX_TEXT_CHARS = 20_000
/** Values nested deeper than this are written as `[...]`, so that the recursive `toJson` cannot overflow the stack. */
const MAX_DEPTH = 50
/** From this number on, JavaScript writes integers with an exponent. */
const MAX_INTEGER_WITHOUT_EXPONENT = 1e21

/**
 * Returns a value as an attribute, or `undefined` for null and undefined. NaN, infinities and integers beyond 2 ** 53
 * become strings, because collectors reject a whole request that contains such a number.
 */
export function attributeValue(value: unknown): AttributeValue | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  const number = asNumber(value)
  if (number !== undefined && isExactInOtlp(number)) return number + 0
  return attributeText(value)
}

/** Returns a string for OTLP, without lone surrogates and cut to `MAX_TEXT_CHARS`. Other values are written as JSON. */
export function attributeText(value: unknown): string {
  const text = typeof value === 'string' ? value : toJson(value, MAX_DEPTH)
  return (text.length > MAX_TEXT_CHARS ? text.slice(0, MAX_TEXT_CHARS) : text).toWellFormed()
}

/** Returns whether a value is an object with members, such as `info`. Arrays, `null` and exact numbers are not. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ExactNumber.is(value)
}

/** Returns an own member of any value. The value is unchecked, because any program may have written the record. */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function isExactInOtlp(value: number): boolean {
  return isSafeInteger(value) || (isFinite(value) && !isInteger(value))
}

/** Works like `JSON.stringify`, but keeps all digits, replaces deep values, and stops at `MAX_TEXT_CHARS`. */
function toJson(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > MAX_TEXT_CHARS ? value.slice(0, MAX_TEXT_CHARS) : value)
    case 'number':
      return toDigits(value)
    case 'object':
      if (value === null) return 'null'
      if (ExactNumber.is(value)) return value.source
      if (depth === 0) return '"[...]"'
      return Array.isArray(value) ? listToJson(value, depth - 1) : objectToJson(value, depth - 1)
    default:
      return value === undefined ? 'null' : String(value)
  }
}

function listToJson(list: readonly unknown[], depth: number): string {
  let text = '['
  for (let index = 0; index < list.length && text.length < MAX_TEXT_CHARS; index++) {
    text += `${index === 0 ? '' : ','}${toJson(list[index], depth)}`
  }
  return `${text}]`
}

function objectToJson(value: object, depth: number): string {
  let text = '{'
  for (const name of Object.keys(value)) {
    if (text.length >= MAX_TEXT_CHARS) break
    const member: unknown = (value as Record<string, unknown>)[name]
    if (member !== undefined) text += `${text === '{' ? '' : ','}${toJson(name, 0)}:${toJson(member, depth)}`
  }
  return `${text}}`
}

/** Converts a number to text, with all digits of an integer. From 2 ** 53 on, `String` may replace digits by zeros. */
function toDigits(value: number): string {
  const isLong =
    isInteger(value) &&
    !isSafeInteger(value) &&
    value < MAX_INTEGER_WITHOUT_EXPONENT &&
    value > -MAX_INTEGER_WITHOUT_EXPONENT
  return isLong ? String(BigInt(value)) : String(value)
}
