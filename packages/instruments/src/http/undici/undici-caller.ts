import { AsyncResource } from 'node:async_hooks'
import { get, type Profiler } from '@osprofiler/core'
import { Object, Set, WeakMap } from '@osprofiler/core/toolkit'
import { readStack } from '../../wrapping/read-stack.js'
import type { UndiciRequest } from './undici-request.js'

/**
 * The profiler of whoever made a request, or `undefined` where that was untraced or cannot be known.
 *
 * Up to undici 7 (Node 24), a request that waited for a connection of a limited pool, or that an interceptor sends
 * once more, is created in the context of *another* request. Those of undici's own API remember theirs. Those of
 * `fetch` do not, and such a one is left alone: a wrong trace is worse than none.
 */
export function callersProfiler(request: UndiciRequest): Profiler | undefined {
  const copy = copyOf(request)
  if (copy.nodesOwn) return get()
  const resource = callersResource(request, copy)
  if (resource !== undefined) return resource.runInAsyncScope(get)
  const profiler = get()
  return profiler === undefined || isDelayed() ? undefined : profiler
}

/** A copy of undici, of which there may be several in a process. */
interface Copy {
  /** The one in Node itself: it makes the requests of `fetch` alone, and its pools have no limit. */
  readonly nodesOwn: boolean
  /** Under which its requests keep what takes their answers. */
  readonly handler: symbol | undefined
}

const copies = new WeakMap<object, Copy>()

/** By the class of its requests: to look at the stack each time takes 15 us. */
function copyOf(request: object): Copy {
  const maker = request.constructor
  const known = copies.get(maker)
  if (known !== undefined) return known
  const nodesOwn =
    readStack(FRAMES)
      .find(({ name }) => name === maker.name)
      ?.file.startsWith('node:') === true
  const handler = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'handler')
  const copy = { nodesOwn, handler }
  copies.set(maker, copy)
  return copy
}

const MAX_WRAPPERS = 8

/** `request()`, `stream()` and `pipeline()` keep their context in the handler, around which interceptors put their own. */
function callersResource(request: object, { handler: symbol }: Copy): AsyncResource | undefined {
  let handler = symbol === undefined ? undefined : (request as Record<symbol, unknown>)[symbol]
  for (let depth = 0; depth < MAX_WRAPPERS && typeof handler === 'object' && handler !== null; depth++) {
    if (handler instanceof AsyncResource) return handler
    handler = (handler as { handler?: unknown }).handler
  }
  return undefined
}

const FRAMES = 16
// What undici runs by itself when a connection is free again, an answer is complete, or it is time for another try.
const DELAYED = new Set(['onDrain', '[onDrain]', 'emitDrain', 'onMessageComplete', 'onRetry'])
// What it calls, from version 8 on, to get back into the context of the caller.
const RESTORED = 'runInAsyncScope'

/** Whether undici creates a request later than it was called for, in a context of its own, by what is on the stack. */
function isDelayed(): boolean {
  const called = readStack(FRAMES).find(({ name }) => name === RESTORED || DELAYED.has(name))
  return called !== undefined && called.name !== RESTORED
}
