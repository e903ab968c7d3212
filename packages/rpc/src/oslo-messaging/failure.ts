import { Array, isError, String } from '@osprofiler/core/toolkit'
import { RemoteError } from './errors.js'
import { readJson, writeJson } from './json.js'
import { isObject } from './message.js'

/** What a method threw, as oslo.messaging sends a failure: as JSON, within the JSON of the reply. */
export function encodeFailure(error: unknown): string {
  if (error instanceof RemoteError) {
    const { type, module, remoteMessage, args, kwargs, traceback } = error
    try {
      return writeJson({ class: type, module, message: remoteMessage, tb: traceback, args, kwargs })
    } catch {
      // What the exception was made of has no JSON.
      return writeJson({
        class: type,
        module,
        message: remoteMessage,
        tb: traceback,
        args: [remoteMessage],
        kwargs: {},
      })
    }
  }
  const { type, message, stack } = describe(error)
  // No module that a caller in Python may import: it raises oslo_messaging.RemoteError, with the type and the message.
  return writeJson({ class: type, module: 'node', message, tb: stack.split('\n'), args: [message], kwargs: {} })
}

/** The error that a caller gets for the failure in a reply. */
export function decodeFailure(failure: unknown): RemoteError {
  const parsed = readFailure(failure)
  const { class: type, module, message, tb, args, kwargs } = parsed
  return new RemoteError({
    type: text(type, 'Exception'),
    module: text(module, 'builtins'),
    message: text(message, ''),
    traceback: Array.isArray(tb) ? tb.map(String) : [],
    args: Array.isArray(args) ? args : [],
    kwargs: isObject(kwargs) ? kwargs : {},
  })
}

function readFailure(failure: unknown): Record<string, unknown> {
  if (isObject(failure)) return failure
  try {
    const parsed = readJson(String(failure))
    return isObject(parsed) ? parsed : { message: String(failure) }
  } catch {
    return { message: String(failure) }
  }
}

function describe(error: unknown): { readonly type: string; readonly message: string; readonly stack: string } {
  try {
    if (!isError(error)) return { type: typeof error, message: String(error), stack: '' }
    const { name, message, stack } = error
    return { type: text(name, 'Error'), message: text(message, ''), stack: text(stack, '') }
  } catch {
    return { type: 'Error', message: '', stack: '' }
  }
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise
}
