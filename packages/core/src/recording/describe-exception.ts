import { Array, DOMException, Map, Object, Reflect, String, types, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { redactText } from '../secrets/redact-text.js'
import { className, readDataProperty } from './class-name.js'

const MAX_TYPE_CHARS = 256
const MAX_MESSAGE_CHARS = 2_000

/**
 * Description of a failure in a stop record. Its strings have a limited length and contain no secrets, like the results
 * of `recordable`.
 */
export interface ExceptionInfo {
  readonly etype: string
  readonly message: string
}

const shownAs = shared('shownErrors', () => new WeakMap<object, Error>())
// Members in which Node, Sequelize, TypeORM, Objection and VError store a wrapped error. The outer error's message
// repeats the wrapped error's message.
const WRAPPING_MEMBERS = ['cause', 'original', 'driverError', 'nativeError', 'jse_cause']
// Applications wrap far fewer errors. This limit keeps the search short in endless chains and long lists.
const MAX_WRAPPED_ERRORS = 100

/**
 * Makes every point that fails with `error` record `shown` instead. `error` itself stays unchanged, but its text must
 * not be recorded.
 */
export function recordErrorAs(error: Error, shown: Error): void {
  shownAs.set(error, shown)
}

/**
 * Describes a thrown value by class and message. Never throws, and runs none of the value's code, such as getters or
 * proxy traps.
 */
export function describeException(error: unknown): ExceptionInfo {
  try {
    const thrown = (typeof error === 'object' && error !== null) || typeof error === 'function' ? error : undefined
    if (thrown === undefined) return { etype: typeof error, message: toShownText(String(error), MAX_MESSAGE_CHARS) }
    const shown = shownAs.get(thrown) ?? thrown
    const name = readText(shown, 'name')
    const errorClass = className(shown)
    // If the class is more specific than `Error`, its name is the type. For an `Error` or `DOMException`, `name` may be
    // more specific.
    const ownName = name || 'Error'
    const etype = ['', 'Error', 'Object', 'DOMException'].includes(errorClass) ? ownName : errorClass
    return { etype: toShownText(etype, MAX_TYPE_CHARS), message: toShownText(messageToShow(thrown), MAX_MESSAGE_CHARS) }
  } catch {
    return { etype: 'Error', message: '' }
  }
}

/** Returns the message of an error, without the texts of wrapped errors that must not be recorded. */
export function messageToShow(error: object): string {
  const message = readText(shownAs.get(error) ?? error, 'message')
  return message === undefined ? '' : hideWrappedMessages(error, message)
}

const domGetters = Object.getOwnPropertyDescriptors(DOMException.prototype)

function readText(thrown: object, name: 'name' | 'message'): string | undefined {
  const value = isDomException(thrown) ? readDomException(thrown, name) : readDataProperty(thrown, name)
  return typeof value === 'string' ? value : undefined
}

/**
 * Reads a member of a `DOMException` with Node's own getter. The getter throws for an object that only has the
 * prototype of a `DOMException`.
 */
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

/** State of the search for errors that an error wraps. */
interface Search {
  /** Messages that must not be recorded, each with the text to record instead. */
  readonly hidden: Map<string, string>
  /** For each error, the text to record, or `undefined` while the error is being searched. */
  readonly texts: Map<object, string | undefined>
  /** The number of remaining steps of the search. */
  remaining: number
}

function hideWrappedMessages(thrown: object, message: string): string {
  const search: Search = { hidden: new Map(), texts: new Map(), remaining: MAX_WRAPPED_ERRORS }
  const shown = hideWrappedIn(thrown, message, search)
  // After an incomplete search, the message may still contain a text that must not be recorded.
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
    // A Drizzle error's message contains the query and its parameters, not the cause's message. So the whole message is
    // replaced.
    if (Object.hasOwn(error, 'params') && (innerMessage === '' || !message.includes(innerMessage))) return innerText
  }
  // Longer messages are replaced first, because a longer message may contain a shorter one.
  const longestFirst = [...hidden].sort(([a], [b]) => b.length - a.length)
  return longestFirst.reduce((rest, [told, text]) => rest.replaceAll(told, () => text), message)
}

/** Yields the values of all members in which an error may store a wrapped error. */
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

/** Returns whether a value is an object whose members can be read without running a proxy trap. */
function isReadable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !types.isProxy(value)
}

function toShownText(text: string, length: number): string {
  return redactText(text, length).toWellFormed()
}
