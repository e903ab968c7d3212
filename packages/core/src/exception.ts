import { isError } from './is-error.js'
import { Object, String, WeakMap } from './platform.js'
import { cutText, redactText } from './recordable.js'
import { shared } from './shared-state.js'

const MAX_TYPE = 256
const MAX_MESSAGE = 2_000

/** What a stop record says of a failure. */
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
 * An error, or whatever else was thrown, as OSProfiler records it: the name of its class, and its message.
 * Never throws, whatever the value does.
 */
export function describeException(error: unknown): ExceptionInfo {
  try {
    const thrown = (typeof error === 'object' && error !== null) || typeof error === 'function' ? error : undefined
    if (thrown === undefined) return { etype: typeof error, message: shorten(String(error)) }
    const shown = shownAs.get(thrown) ?? thrown
    const { name, message } = shown as { name?: unknown; message?: unknown }
    const className = typeof shown.constructor === 'function' ? shown.constructor.name : ''
    // A class that says more than `Error` is named by itself; an `Error` or `DOMException` that was given a name, by that.
    const named = typeof name === 'string' && name !== '' ? name : 'Error'
    const etype = ['', 'Error', 'Object', 'DOMException'].includes(className) ? named : className
    return {
      etype: cutText(etype, MAX_TYPE),
      message: typeof message === 'string' ? shorten(hideInner(thrown, message)) : '',
    }
  } catch {
    return { etype: 'Error', message: '' }
  }
}

/** A message without what is not to be recorded of an error that this one was made of. */
function hideInner(thrown: object, message: string): string {
  for (const name of MADE_OF) {
    // No getter is run.
    const inner: unknown = Object.getOwnPropertyDescriptor(thrown, name)?.value
    if (!isError(inner) || inner.message === '') continue
    const shown = shownAs.get(inner)
    if (shown === undefined) continue
    // Drizzle's tells the query and its parameters in place of what was wrong with them.
    if (Object.hasOwn(thrown, 'params') && !message.includes(inner.message)) return shown.message
    return message.replaceAll(inner.message, () => shown.message)
  }
  return message
}

function shorten(message: string): string {
  return redactText(message, MAX_MESSAGE).toWellFormed()
}
