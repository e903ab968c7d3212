import { Reflect, WeakSet } from '../../platform/platform.js'
import { readDataProperty } from '../../recording/class-name.js'
import { overrideMethod } from '../../wrapping/override-method.js'
import { watchEvents } from '../../wrapping/watch-events.js'

/** Callbacks that follow the body of a response. */
export interface BodyFollower {
  /** Runs `fn` in the context of the request while the request is open. A stream may outlive its request. */
  produce<T>(fn: () => T): T
  /** Runs `fn`, which cleans up the body, in the context of the request. */
  cleanUp<T>(fn: () => T): T
  /** Receives the error of a body. Must not throw. */
  failed(error: unknown): void
}

const followed = new WeakSet<object>()
const { toStringTag } = Symbol

/**
 * Produces a body in the context of its request, and reports its error. Follows each stream (of Node, of the web or of
 * a library) and each `Response` once, and leaves other values alone. Changes no bytes, events or errors. Never throws.
 */
export function followBody(body: unknown, follower: BodyFollower): void {
  try {
    // A framework reads a body after all handlers, and on events of a slow connection, where the context is lost.
    const source = sourceOf(body)
    if (source === undefined || followed.has(source)) return
    followed.add(source)
    if (isWebStream(source)) followWebStream(source, follower)
    else followNodeStream(source, follower)
  } catch {
    // The body is sent as it is.
  }
}

// Checks methods, not `instanceof`: a stream may be of another copy of its class, such as that of `readable-stream`.
function sourceOf(body: unknown): object | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  // A body may be any object of the program, so no getter and no proxy trap may run.
  const hasMethod = (name: string): boolean => typeof readDataProperty(body, name) === 'function'
  if (hasMethod('getReader') || (hasMethod('pipe') && hasMethod('emit'))) return body
  return readDataProperty(body, toStringTag) === 'Response' ? sourceOf((body as Response).body) : undefined
}

function isWebStream(source: object): source is ReadableStream {
  return typeof (source as Partial<ReadableStream>).getReader === 'function'
}

function followNodeStream(stream: object, { produce, cleanUp, failed }: BodyFollower): void {
  // A stream without `_read` is written to by its own listeners, for "drain" and "resume".
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
    // The handler hides no unhandled rejection, because the rejection of `closed` always counts as handled.
    reader.closed.then(undefined, error => isReleased(error) || failed(error))
    return reader
  })
}

/** Returns whether a reader has merely released its stream. */
function isReleased(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_INVALID_STATE'
}

/** Makes a method of one object run in the context of the request. */
function runMethodIn(object: object, name: string, run: BodyFollower['produce']): void {
  overrideMethod(object, name, (original, self, args) => run(() => Reflect.apply(original, self, args)))
}

function hasMethod(object: object, name: string): boolean {
  return typeof Reflect.get(object, name) === 'function'
}
