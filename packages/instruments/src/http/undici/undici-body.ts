import { Symbol } from '@osprofiler/core/toolkit'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { Around } from '../../wrapping/wrap-method.js'
import type { RequestProgress } from '../request-progress.js'
import type { UndiciRequest } from './undici-request.js'

/** Progress of a response body. For each part of the body, undici learns whether there is room for more. */
interface Body {
  readonly times: RequestProgress
  /** How often undici itself makes room at most, while nobody reads. */
  readonly ownRooms: number
  full: boolean
  /** How often there was room again after `full`. */
  rooms: number
  late: boolean
}

// The `fetch` of undici 5 passes a body through a second stream, which takes the first parts.
const ROOMS_OF_UNDICI_5 = 2

const BODY = Symbol('osprofiler.body')

/**
 * Ends the point of a response at its head if nobody reads the body once the trace is over. A small body is complete
 * before, so its reading leaves no sign. Overrides methods, because no channel says whether there is more room.
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
  // undici 5 also delivers empty parts, which need no room.
  if (body.full && !(full && (args[0] as Uint8Array).length === 0)) body.rooms++
  body.full = full
  // The code that has just received the first part may still begin to read.
  if (body.late && isUnread(body)) lookWhenOver(body)
  return result
}

const overrideParts = createOverrides({ onData: takePart, onResponseData: takePart })
