import { Reflect, WeakSet } from '../../platform/platform.js'
import { readDataProperty } from '../../recording/class-name.js'
import { overrideMethod } from '../../wrapping/override-method.js'
import { watchEvents } from '../../wrapping/watch-events.js'

/** Callbacks that follow the body of a response. */
export interface BodyFollower {
  /**
   * Runs `fn` in the request's context. If the stream has outlived its request, runs `fn` without a change of the
   * context.
   */
  produce<T>(fn: () => T): T
  /** Runs `fn`, which cleans up the body, in the request's context. */
  cleanUp<T>(fn: () => T): T
  /** Receives the error of a body. Must not throw. */
  failed(error: unknown): void
}

const followed = new WeakSet<object>()
const { toStringTag } = Symbol

/**
 * Makes a response body run its code in the request's context, and reports the body's error. Follows each `Response`
 * and each stream (Node's, a web stream or a library's) once, and ignores other values. Changes no bytes, events or
 * errors. Never throws.
 */
export function followBody(body: unknown, follower: BodyFollower): void {
  try {
    // A framework reads the body after all handlers have returned, or on events of a slow connection. So without this
    // function, the body's code would not run in the request's context.
    const source = sourceOf(body)
    if (source === undefined || followed.has(source)) return
    followed.add(source)
    if (isWebStream(source)) followWebStream(source, follower)
    else followNodeStream(source, follower)
  } catch {
    // If the body cannot be followed, it is still sent.
  }
}

// Checks methods, not `instanceof`, because a stream may come from another copy of its class, such as the copy in
// `readable-stream`.
function sourceOf(body: unknown): object | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  // The body may be any of the application's objects, so no getter and no proxy trap may run.
  const hasMethod = (name: string): boolean => typeof readDataProperty(body, name) === 'function'
  if (hasMethod('getReader') || (hasMethod('pipe') && hasMethod('emit'))) return body
  return readDataProperty(body, toStringTag) === 'Response' ? sourceOf((body as Response).body) : undefined
}

function isWebStream(source: object): source is ReadableStream {
  return typeof (source as Partial<ReadableStream>).getReader === 'function'
}

function followNodeStream(stream: object, { produce, cleanUp, failed }: BodyFollower): void {
  // A stream without `_read` gets its data from its own listeners for "drain" and "resume". The methods `emit` and
  // `resume` run these listeners.
  for (const name of hasMethod(stream, '_read') ? ['_read'] : ['emit', 'resume']) runMethodIn(stream, name, produce)
  runMethodIn(stream, '_destroy', cleanUp)
  watchEvents(stream as never, (event, error) => {
    if (event === 'error') failed(error)
  })
}

function followWebStream(stream: ReadableStream, { produce, cleanUp, failed }: BodyFollower): void {
  overrideMethod(stream, 'getReader', (original, self, args) => {
    const reader = Reflect.apply(original, self, args) as ReadableStreamDefaultReader
    runMethodIn(reader, 'read', produce)
    runMethodIn(reader, 'cancel', cleanUp)
    // Node itself marks the rejection of `closed` as handled. So this handler does not suppress a warning about an
    // unhandled rejection.
    reader.closed.then(undefined, error => isReleased(error) || failed(error))
    return reader
  })
}

/** Returns whether the error only means that the reader has released its stream. */
function isReleased(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_INVALID_STATE'
}

/** Makes a method of one object run in the request's context. */
function runMethodIn(object: object, name: string, run: BodyFollower['produce']): void {
  overrideMethod(object, name, (original, self, args) => run(() => Reflect.apply(original, self, args)))
}

function hasMethod(object: object, name: string): boolean {
  return typeof Reflect.get(object, name) === 'function'
}
