import { performance, Reflect } from '../../platform/platform.js'
import { overrideMethod } from '../../wrapping/override-method.js'

/** A response body whose first and last byte were sent at different times. */
export interface SlowBody {
  /** The time at which the response wrote its first byte, by `performance.now()`. */
  readonly firstByteAt: number
  /** The size of the body, if it is known. For a chunked body, this includes the lines with the sizes of the chunks. */
  readonly bytes: number | undefined
}

/**
 * A body is slow if at least this much time passes between its first and its last byte. Most bodies are sent in one
 * piece.
 */
const MIN_BODY_MS = 5

/**
 * A response with Node's internal function `_send`, which sends every part of the response. The head is sent with the
 * first part.
 */
interface Sending {
  _send?: unknown
}

type Send = (this: Sending, ...args: unknown[]) => unknown

/**
 * Must be called when a response ends. Returns the time at which the response wrote its first byte, or `undefined` if
 * the body is not slow.
 */
type ReadFirstByteAt = () => number | undefined

const HIDDEN: PropertyDescriptor = { value: undefined, writable: true, enumerable: false, configurable: true }

/**
 * Notes the time at which a response of HTTP/1 writes its first byte. No event reports this time, and `writeHead` may
 * run much earlier. Adds only one property to the response. If Express has changed the response's prototype, each added
 * property creates a hidden class of a kilobyte, which V8 keeps until a full garbage collection.
 */
export function watchFirstByte(res: object): ReadFirstByteAt {
  let at: number | undefined
  const { _send: send } = res as Sending
  if (typeof send === 'function' && Reflect.defineProperty(res, '_send', HIDDEN)) {
    const noting: Send = function _send(...args) {
      at ??= performance.now()
      // Only the first part is noted, so the original function is restored. If the program has wrapped the function in
      // the meantime, the wrapper stays.
      if (this._send === noting) this._send = send
      return Reflect.apply(send, this, args)
    }
    ;(res as Sending)._send = noting
  }
  return () => unlessRecent(at)
}

/** Works like `watchFirstByte`, for a stream of HTTP/2. */
export function watchFirstByteOfStream(stream: object): ReadFirstByteAt {
  let at: number | undefined
  for (const name of ['respond', 'respondWithFile', 'respondWithFD']) {
    overrideMethod(stream, name, (original, self, args) => {
      at ??= performance.now()
      return Reflect.apply(original, self, args)
    })
  }
  return () => unlessRecent(at)
}

function unlessRecent(at: number | undefined): number | undefined {
  return at === undefined || performance.now() - at < MIN_BODY_MS ? undefined : at
}
