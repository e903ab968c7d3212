import { Array, isError, String } from '@osprofiler/core/toolkit'
import { RemoteError, type RemoteFailure } from './errors.js'
import { readJson, writeJson } from './json.js'
import { isObject } from './message.js'

/** Encodes an error in the same way as oslo.messaging: as JSON within the JSON of the reply. Never throws. */
export function encodeFailure(error: unknown): string {
  const { type, module, message, args, kwargs, traceback } = describeError(error)
  const failure = { class: type, module, message, tb: traceback }
  try {
    return writeJson({ ...failure, args, kwargs })
  } catch {
    // The exception's arguments cannot be encoded as JSON.
    return writeJson({ ...failure, args: [message], kwargs: {} })
  }
}

/** Converts the failure in a reply to the error that the caller gets. */
export function decodeFailure(failure: unknown): RemoteError {
  const parsed = readFailure(failure)
  const { class: type, module, message, tb, args, kwargs } = parsed
  return new RemoteError({
    type: textOr(type, 'Exception'),
    module: textOr(module, 'builtins'),
    message: textOr(message, ''),
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

function describeError(error: unknown): Required<RemoteFailure> {
  // A caller in Python cannot import the module `node`. The caller then raises oslo_messaging.RemoteError with the type
  // and the message.
  const ownDefaults = { module: 'node', kwargs: {}, traceback: [] }
  try {
    if (error instanceof RemoteError) {
      const { type, module, remoteMessage, args, kwargs, traceback } = error
      return { type, module, message: remoteMessage, args, kwargs, traceback }
    }
    if (!isError(error)) return { ...ownDefaults, type: typeof error, message: String(error), args: [String(error)] }
    const [type, message] = [textOr(error.name, 'Error'), textOr(error.message, '')]
    return { ...ownDefaults, type, message, args: [message], traceback: textOr(error.stack, '').split('\n') }
  } catch {
    return { ...ownDefaults, type: 'Error', message: '', args: [''] }
  }
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback
}
