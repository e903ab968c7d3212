import { Array, DOMException, Map, Object, Reflect, String, types, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { redactText } from '../secrets/redact-text.js'
import { className, readDataProperty } from './class-name.js'

const MAX_TYPE_CHARS = 256
const MAX_MESSAGE_CHARS = 2_000

/** Description of a failure in a stop record: bounded texts without secrets, as from `recordable`. */
export interface ExceptionInfo {
  readonly etype: string
  readonly message: string
}

const shownAs = shared('shownErrors', () => new WeakMap<object, Error>())
// Members that hold the error which an error wraps and repeats, in Node, Sequelize, TypeORM, Objection and VError.
const WRAPPING_MEMBERS = ['cause', 'original', 'driverError', 'nativeError', 'jse_cause']
// Programs wrap far fewer errors. The bound keeps the search short in endless chains and long lists.
const MAX_WRAPPED_ERRORS = 100

/** Makes every point that `error` passes through record `shown` instead. `error` itself keeps the text to hide. */
export function recordErrorAs(error: Error, shown: Error): void {
  shownAs.set(error, shown)
}

/** Describes a thrown value by class and message. Never throws, and runs no code of it: no getter, no proxy trap. */
export function describeException(error: unknown): ExceptionInfo {
  try {
    const thrown = (typeof error === 'object' && error !== null) || typeof error === 'function' ? error : undefined
    if (thrown === undefined) return { etype: typeof error, message: toShownText(String(error), MAX_MESSAGE_CHARS) }
    const shown = shownAs.get(thrown) ?? thrown
    const name = readText(shown, 'name')
    const errorClass = className(shown)
    // A class more specific than `Error` is the type. An `Error` or `DOMException` may have a more specific `name`.
    const ownName = name || 'Error'
    const etype = ['', 'Error', 'Object', 'DOMException'].includes(errorClass) ? ownName : errorClass
    return { etype: toShownText(etype, MAX_TYPE_CHARS), message: toShownText(messageToShow(thrown), MAX_MESSAGE_CHARS) }
  } catch {
    return { etype: 'Error', message: '' }
  }
}

/** Returns the message of an error without the texts of wrapped errors that must not be recorded. */
export function messageToShow(error: object): string {
  const message = readText(shownAs.get(error) ?? error, 'message')
  return message === undefined ? '' : hideWrappedMessages(error, message)
}

const domGetters = Object.getOwnPropertyDescriptors(DOMException.prototype)

function readText(thrown: object, name: 'name' | 'message'): string | undefined {
  const value = isDomException(thrown) ? readDomException(thrown, name) : readDataProperty(thrown, name)
  return typeof value === 'string' ? value : undefined
}

/** The members of a `DOMException` are getters of Node's own. They throw for an object that only looks like one. */
function readDomException(thrown: object, name: 'name' | 'message'): unknown {
  try {
    return Reflect.apply(domGetters[name].get as () => string, thrown, [])
  } catch {
    return undefined
  }
}

function isDomException(thrown: object): boolean {
  return !types.isProxy(thrown) && Reflect.getPrototypeOf(thrown) === DOMException.prototype
}

/** The search through the errors that an error wraps. */
interface Search {
  /** Messages that must not be recorded, each with the text to record instead. */
  readonly hidden: Map<string, string>
  /** The text to record of each error. A missing text belongs to an error whose search has not ended. */
  readonly texts: Map<object, string | undefined>
  /** Number of places still to look at. */
  remaining: number
}

function hideWrappedMessages(thrown: object, message: string): string {
  const search: Search = { hidden: new Map(), texts: new Map(), remaining: MAX_WRAPPED_ERRORS }
  const shown = hideWrappedIn(thrown, message, search)
  // After an incomplete search, the message may still repeat such a text.
  return search.remaining < 0 ? '' : shown
}

function hideWrappedIn(error: object, message: string, search: Search): string {
  const { hidden, texts } = search
  texts.set(error, undefined)
  for (const inner of listWrappedErrors(error)) {
    if (--search.remaining < 0) return ''
    if (!isReadable(inner)) continue
    const shown = shownAs.get(inner)
    const innerMessage = readText(inner, 'message') ?? ''
    if (!texts.has(inner)) texts.set(inner, hideWrappedIn(inner, shown?.message ?? innerMessage, search))
    const innerText = texts.get(inner)
    if (innerText === undefined || (shown === undefined && innerText === innerMessage)) continue
    if (innerMessage !== '') hidden.set(innerMessage, innerText)
    // Drizzle's message has the query and its parameters in place of the cause's message.
    if (Object.hasOwn(error, 'params') && (innerMessage === '' || !message.includes(innerMessage))) return innerText
  }
  // A longer message may contain a shorter one.
  const longestFirst = [...hidden].sort(([a], [b]) => b.length - a.length)
  return longestFirst.reduce((rest, [told, text]) => rest.replaceAll(told, () => text), message)
}

/** Yields the values in all places where an error may keep what it wraps. */
function* listWrappedErrors(error: object): Generator<unknown> {
  for (const name of WRAPPING_MEMBERS) {
    const inner = readOwn(error, name)
    if (inner !== undefined) yield inner
  }
  const errors = readOwn(error, 'errors')
  if (!isReadable(errors) || !Array.isArray(errors)) return
  for (let at = 0; at < errors.length; at++) yield readOwn(errors, at)
}

function readOwn(holder: object, key: string | number): unknown {
  return Object.getOwnPropertyDescriptor(holder, key)?.value
}

/** Returns whether a value is an object whose members can be read without a proxy trap. */
function isReadable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !types.isProxy(value)
}

function toShownText(text: string, length: number): string {
  return redactText(text, length).toWellFormed()
}
