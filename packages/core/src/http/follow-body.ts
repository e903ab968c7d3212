import { Reflect, WeakSet } from '../platform/platform.js'
import { readData } from '../recording/class-name.js'
import { overrideMethod } from '../wrapping/override-method.js'
import { watchEvents } from '../wrapping/watch-events.js'

/** What a body of a response is to be followed with. */
export interface BodyFollower {
  /** Runs `fn` in the context of the request, while the request is open: a stream may outlive the request. */
  produce<T>(fn: () => T): T
  /** Runs `fn`, by which the body cleans up, in the context of the request. */
  cleanUp<T>(fn: () => T): T
  /** Told what a body failed with. Must not throw. */
  failed(error: unknown): void
}

const followed = new WeakSet<object>()
const { toStringTag } = Symbol

/**
 * Has a body be produced in the context of its request, and tells what the body fails with. A framework reads a body after
 * all handlers, and a slow client has the body read on from the events of a connection: there the context is lost.
 *
 * The body may be a stream of Node, of the web or of a library, or a `Response`. Anything else is left alone, and so is a
 * body that was followed before. The body keeps its bytes, events and errors. Never throws.
 */
export function followBody(body: unknown, follower: BodyFollower): void {
  try {
    const source = sourceOf(body)
    if (source === undefined || followed.has(source)) return
    followed.add(source)
    if (isWebStream(source)) followWebStream(source, follower)
    else followNodeStream(source, follower)
  } catch {
    // The body is sent as it is.
  }
}

// Not by `instanceof`: a stream may be of another copy of its class, such as that of `readable-stream`.
function sourceOf(body: unknown): object | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  // A body may be any object of the program: no getter and no proxy trap is run.
  const hasMethod = (name: string): boolean => typeof readData(body, name) === 'function'
  if (hasMethod('getReader') || (hasMethod('pipe') && hasMethod('emit'))) return body
  return readData(body, toStringTag) === 'Response' ? sourceOf((body as Response).body) : undefined
}

function isWebStream(source: object): source is ReadableStream {
  return typeof (source as Partial<ReadableStream>).getReader === 'function'
}

function followNodeStream(stream: object, { produce, cleanUp, failed }: BodyFollower): void {
  // A stream that has no `_read` is written to by its own listeners, for "drain" and "resume".
  for (const name of isMethod(stream, '_read') ? ['_read'] : ['emit', 'resume']) runIn(stream, name, produce)
  runIn(stream, '_destroy', cleanUp)
  watchEvents(stream as never, (event, error) => {
    if (event === 'error') failed(error)
  })
}

function followWebStream(stream: ReadableStream, { produce, cleanUp, failed }: BodyFollower): void {
  overrideMethod(stream, 'getReader', (original, self, args) => {
    const reader = Reflect.apply(original, self, args) as ReadableStreamDefaultReader
    runIn(reader, 'read', produce)
    runIn(reader, 'cancel', cleanUp)
    // The language counts the rejection of this promise as handled, with or without a handler.
    reader.closed.then(undefined, error => isReleased(error) || failed(error))
    return reader
  })
}

/** Whether a reader only let go of its stream. */
function isReleased(error: unknown): boolean {
  return (error as { code?: unknown } | null | undefined)?.code === 'ERR_INVALID_STATE'
}

/** Gives one object a method of its own that runs the former one in the context of the request. */
function runIn(object: object, name: string, run: BodyFollower['produce']): void {
  overrideMethod(object, name, (original, self, args) => run(() => Reflect.apply(original, self, args)))
}

function isMethod(object: object, name: string): boolean {
  return typeof Reflect.get(object, name) === 'function'
}
