import { isError } from '../platform/is-error.js'
import { DOMException, Object, Reflect, String, types, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { redactText } from '../secrets/redact-text.js'
import { className, readData } from './class-name.js'

const MAX_TYPE = 256
const MAX_MESSAGE = 2_000

/** What a stop record says of a failure: texts that are bounded and hold no secret, as `recordable` makes them. */
export interface ExceptionInfo {
  readonly etype: string
  readonly message: string
}

const shownAs = shared('shownErrors', () => new WeakMap<object, Error>())
// Where errors keep the one that they were made of, and repeat: Node's name for it, those of Sequelize and of TypeORM.
const MADE_OF = ['cause', 'original', 'driverError']

/**
 * Has every point record this error as another one, also those around the point that failed, to which it is thrown on.
 * For who has cut out of a message what is not to be recorded; the error itself stays as it is.
 */
export function recordErrorAs(error: Error, shown: Error): void {
  shownAs.set(error, shown)
}

/**
 * An error, or whatever else was thrown, as OSProfiler records it: the name of its class, and its message. Runs no code of
 * the value (no getter, no proxy trap), and never throws.
 */
export function describeException(error: unknown): ExceptionInfo {
  try {
    const thrown = (typeof error === 'object' && error !== null) || typeof error === 'function' ? error : undefined
    if (thrown === undefined) return { etype: typeof error, message: show(String(error), MAX_MESSAGE) }
    const shown = shownAs.get(thrown) ?? thrown
    const name = readText(shown, 'name')
    const message = readText(shown, 'message')
    const type = className(shown)
    // A class that says more than `Error` is named by itself; an `Error` or `DOMException` that was given a name, by that.
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

/** A text member of an error. Those of a `DOMException` are getters, which are Node's own. */
function readText(thrown: object, name: 'name' | 'message'): string | undefined {
  const value = isDomException(thrown)
    ? Reflect.apply(domGetters[name].get as () => string, thrown, [])
    : readData(thrown, name)
  return typeof value === 'string' ? value : undefined
}

function isDomException(thrown: object): boolean {
  return !types.isProxy(thrown) && Reflect.getPrototypeOf(thrown) === DOMException.prototype
}

/** A message without what is not to be recorded of an error that this one was made of. */
function hideInner(thrown: object, message: string): string {
  for (const name of MADE_OF) {
    // No getter is run.
    const inner: unknown = Object.getOwnPropertyDescriptor(thrown, name)?.value
    const shown = isError(inner) ? shownAs.get(inner) : undefined
    if (shown === undefined) continue
    const told = readText(inner as Error, 'message') ?? ''
    if (told === '') continue
    // Drizzle's tells the query and its parameters in place of what was wrong with them.
    if (Object.hasOwn(thrown, 'params') && !message.includes(told)) return shown.message
    return message.replaceAll(told, () => shown.message)
  }
  return message
}

function show(text: string, length: number): string {
  return redactText(text, length).toWellFormed()
}
