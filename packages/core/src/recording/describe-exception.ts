import { isError } from '../platform/is-error.js'
import { DOMException, Object, Reflect, String, types, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { redactText } from '../secrets/redact-text.js'
import { className, readData } from './class-name.js'

const MAX_TYPE = 256
const MAX_MESSAGE = 2_000

/** Description of a failure in a stop record: bounded texts without secrets, as from `recordable`. */
export interface ExceptionInfo {
  readonly etype: string
  readonly message: string
}

const shownAs = shared('shownErrors', () => new WeakMap<object, Error>())
// Members that hold the error which an error wraps and repeats, in Node, Sequelize and TypeORM.
const MADE_OF = ['cause', 'original', 'driverError']

/** Makes every point that `error` passes through record `shown` instead. `error` itself keeps the text to hide. */
export function recordErrorAs(error: Error, shown: Error): void {
  shownAs.set(error, shown)
}

/** Describes a thrown value by class and message. Never throws, and runs no code of it: no getter, no proxy trap. */
export function describeException(error: unknown): ExceptionInfo {
  try {
    const thrown = (typeof error === 'object' && error !== null) || typeof error === 'function' ? error : undefined
    if (thrown === undefined) return { etype: typeof error, message: show(String(error), MAX_MESSAGE) }
    const shown = shownAs.get(thrown) ?? thrown
    const name = readText(shown, 'name')
    const message = readText(shown, 'message')
    const type = className(shown)
    // A class more specific than `Error` is the type. An `Error` or `DOMException` may have a more specific `name`.
    const named = name || 'Error'
    const etype = ['', 'Error', 'Object', 'DOMException'].includes(type) ? named : type
    return {
      etype: show(etype, MAX_TYPE),
      message: message === undefined ? '' : show(hideInner(thrown, message), MAX_MESSAGE),
    }
  } catch {
    return { etype: 'Error', message: '' }
  }
}

const domGetters = Object.getOwnPropertyDescriptors(DOMException.prototype)

/** The members of a `DOMException` are getters of Node's own. */
function readText(thrown: object, name: 'name' | 'message'): string | undefined {
  const value = isDomException(thrown)
    ? Reflect.apply(domGetters[name].get as () => string, thrown, [])
    : readData(thrown, name)
  return typeof value === 'string' ? value : undefined
}

function isDomException(thrown: object): boolean {
  return !types.isProxy(thrown) && Reflect.getPrototypeOf(thrown) === DOMException.prototype
}

/** Removes from a message the text of a wrapped error that must not be recorded. */
function hideInner(thrown: object, message: string): string {
  for (const name of MADE_OF) {
    const inner: unknown = Object.getOwnPropertyDescriptor(thrown, name)?.value
    const shown = isError(inner) ? shownAs.get(inner) : undefined
    if (shown === undefined) continue
    const told = readText(inner as Error, 'message') ?? ''
    if (told === '') continue
    // Drizzle's message has the query and its parameters in place of the cause's message.
    if (Object.hasOwn(thrown, 'params') && !message.includes(told)) return shown.message
    return message.replaceAll(told, () => shown.message)
  }
  return message
}

function show(text: string, length: number): string {
  return redactText(text, length).toWellFormed()
}
