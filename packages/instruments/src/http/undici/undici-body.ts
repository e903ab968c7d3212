import { Symbol } from '@osprofiler/core/toolkit'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { Around } from '../../wrapping/wrap-method.js'
import type { RequestProgress } from '../request-progress.js'
import type { UndiciRequest } from './undici-request.js'

/** How the body of an answer is taken, told by what undici is told when it hands over a part of the body. */
interface Body {
  readonly times: RequestProgress
  /** How many times undici itself makes room at most, while nobody reads. */
  readonly ownRooms: number
  /** Whether there is no room for more until somebody reads. */
  full: boolean
  /** How many times there was room again after that. */
  rooms: number
  /** Whether the trace is over. */
  late: boolean
}

// The `fetch` of undici 5 puts a body into a second stream, which takes the first parts.
const ROOMS_OF_UNDICI_5 = 2

const BODY = Symbol('osprofiler.body')

/**
 * Ends the point of an answered request at the head of the answer, once the trace is over, where nobody reads the body. A
 * small body is there as a whole before that: nothing tells whether somebody reads it.
 *
 * By methods of this one request, in place of those that take a part of the body: undici has no channel for that which
 * says whether there is room for more.
 */
export function watchBody(request: UndiciRequest, times: RequestProgress): void {
  const ownRooms = typeof request.headers === 'string' ? ROOMS_OF_UNDICI_5 : 0
  const body: Body = { times, ownRooms, full: false, rooms: 0, late: false }
  if (!overrideParts(request)) return
  defineHidden(request, BODY, body)
  lookWhenOver(body)
}

function lookWhenOver(body: Body): void {
  body.times.whenTraceOver(() => {
    body.late = true
    if (isUnread(body)) body.times.unread()
  })
}

function isUnread({ full, rooms, ownRooms }: Body): boolean {
  return full && rooms <= ownRooms
}

const takePart: Around = (proceed, self, args) => {
  const body = (self as { [BODY]?: Body })[BODY]
  const result = proceed(args)
  if (body === undefined) return result
  const full = result === false
  // undici 5 hands over parts without a byte, for which there need be no room.
  if (body.full && !(full && (args[0] as Uint8Array).length === 0)) body.rooms++
  body.full = full
  // Whoever has just been given the first part may still begin to read.
  if (body.late && isUnread(body)) lookWhenOver(body)
  return result
}

const overrideParts = createOverrides({ onData: takePart, onResponseData: takePart })
