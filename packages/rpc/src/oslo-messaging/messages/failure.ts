import { Array, isError, String } from '@osprofiler/core/toolkit'
import { RemoteError, type RemoteFailure } from './errors.js'
import { readJson, writeJson } from './json.js'
import { isObject } from './message.js'

/** Encodes an error as oslo.messaging sends failures: as JSON within the JSON of the reply. Never throws. */
export function encodeFailure(error: unknown): string {
  const { type, module, message, args, kwargs, traceback } = describe(error)
  const told = { class: type, module, message, tb: traceback }
  try {
    return writeJson({ ...told, args, kwargs })
  } catch {
    // The arguments of the exception have no JSON.
    return writeJson({ ...told, args: [message], kwargs: {} })
  }
}

/** Returns the caller's error for the failure in a reply. */
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

function describe(error: unknown): Required<RemoteFailure> {
  // A caller in Python may not import this module. It raises oslo_messaging.RemoteError with the type and the message.
  const ours = { module: 'node', kwargs: {}, traceback: [] }
  try {
    if (error instanceof RemoteError) {
      const { type, module, remoteMessage, args, kwargs, traceback } = error
      return { type, module, message: remoteMessage, args, kwargs, traceback }
    }
    if (!isError(error)) return { ...ours, type: typeof error, message: String(error), args: [String(error)] }
    const [type, message] = [text(error.name, 'Error'), text(error.message, '')]
    return { ...ours, type, message, args: [message], traceback: text(error.stack, '').split('\n') }
  } catch {
    return { ...ours, type: 'Error', message: '', args: [''] }
  }
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise
}
