import { Symbol } from '@osprofiler/core/toolkit'
import { createOverrides, defineHidden } from '../../wrapping/override-methods.js'
import type { Around } from '../../wrapping/wrap-method.js'
import type { RequestProgress } from '../request-progress.js'
import type { UndiciRequest } from './undici-request.js'

/**
 * The progress of a response body. undici delivers the body in parts. After each part, the reader reports whether it
 * has room for more.
 */
interface ResponseBody {
  readonly progress: RequestProgress
  /** Maximum number of times that undici itself makes room although the program does not read. */
  readonly maxOwnDrains: number
  isFull: boolean
  /** The number of times that room was made after `isFull` became true. */
  drains: number
  isTraceOver: boolean
}

// The `fetch` of undici 5 pipes a body through a second stream. This stream takes the first parts of the body, even if
// the program reads nothing.
const UNDICI_5_OWN_DRAINS = 2

const BODY = Symbol('osprofiler.body')

/**
 * If the body is still unread at the end of the trace, ends the request's point at the response head. This does not
 * apply to a small body that fits into the reader's buffer. The point ends when such a body has arrived, even if the
 * program does not read the body.
 *
 * Overrides methods, because no channel reports whether the reader has room for more.
 */
export function watchBody(request: UndiciRequest, progress: RequestProgress): void {
  const maxOwnDrains = typeof request.headers === 'string' ? UNDICI_5_OWN_DRAINS : 0
  const body: ResponseBody = { progress, maxOwnDrains, isFull: false, drains: 0, isTraceOver: false }
  if (!overrideDataMethods(request)) return
  defineHidden(request, BODY, body)
  checkWhenTraceOver(body)
}

function checkWhenTraceOver(body: ResponseBody): void {
  body.progress.whenTraceOver(() => {
    body.isTraceOver = true
    if (isUnread(body)) body.progress.endUnread()
  })
}

function isUnread({ isFull, drains, maxOwnDrains }: ResponseBody): boolean {
  return isFull && drains <= maxOwnDrains
}

const aroundPart: Around = (proceed, self, args) => {
  const body = (self as { [BODY]?: ResponseBody })[BODY]
  const result = proceed(args)
  if (body === undefined) return result
  const isFull = result === false
  // undici 5 also delivers empty parts, which do not show that room was made.
  if (body.isFull && !(isFull && (args[0] as Uint8Array).length === 0)) body.drains++
  body.isFull = isFull
  // The check runs later, because the code that has just received the first part may still start to read.
  if (body.isTraceOver && isUnread(body)) checkWhenTraceOver(body)
  return result
}

const overrideDataMethods = createOverrides({ onData: aroundPart, onResponseData: aroundPart })
