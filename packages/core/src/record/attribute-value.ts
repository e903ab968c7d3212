import { asNumber, ExactNumber } from '../json/index.js'
import { Array, BigInt, isFinite, isInteger, isSafeInteger, JSON, Object, String } from '../json/language.js'

/** What an attribute may hold in either encoding of OTLP without becoming another value. */
export type AttributeValue = string | number | boolean

/** Longer texts are cut: collectors refuse a message of a few megabytes whole. */
export const MAX_TEXT = 20_000
/** A deeper value is shown as `[...]`. The look recurses. */
const MAX_DEPTH = 50
/** From here on, the language writes an integer with an exponent. */
const MAX_DIGITS = 1e21

/**
 * A value as an attribute, or `undefined` for null and for nothing.
 *
 * An integer that a double cannot count, NaN and the infinities become texts: as `intValue`, a collector refuses the whole
 * request of such a number.
 */
export function attributeValue(value: unknown): AttributeValue | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  const number = asNumber(value)
  if (number !== undefined && isExact(number)) return number + 0
  return attributeText(value)
}

/** A text that OTLP can carry: without halves of surrogate pairs, and not too long. Anything but a text is written as JSON. */
export function attributeText(value: unknown): string {
  const text = typeof value === 'string' ? value : toJson(value, MAX_DEPTH)
  return (text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text).toWellFormed()
}

/** Whether a value is an object with members, as `info` is. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ExactNumber.is(value)
}

/** An own member of what may be anything: a record may come from any program. */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function isExact(value: number): boolean {
  return isSafeInteger(value) || (isFinite(value) && !isInteger(value))
}

/** As `JSON.stringify`, but numbers stay as they are, no depth is too deep, and nothing is written beyond `MAX_TEXT`. */
function toJson(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value)
    case 'number':
      return digitsOf(value)
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
  for (let index = 0; index < list.length && text.length < MAX_TEXT; index++) {
    text += `${index === 0 ? '' : ','}${toJson(list[index], depth)}`
  }
  return `${text}]`
}

function objectToJson(value: object, depth: number): string {
  let text = '{'
  for (const name of Object.keys(value)) {
    if (text.length >= MAX_TEXT) break
    const member: unknown = (value as Record<string, unknown>)[name]
    if (member !== undefined) text += `${text === '{' ? '' : ','}${toJson(name, 0)}:${toJson(member, depth)}`
  }
  return `${text}}`
}

/** All digits of an integer. A double is shown with fewer than it has from 2 ** 53 on. */
function digitsOf(value: number): string {
  const isLong = isInteger(value) && !isSafeInteger(value) && value < MAX_DIGITS && value > -MAX_DIGITS
  return isLong ? String(BigInt(value)) : String(value)
}
