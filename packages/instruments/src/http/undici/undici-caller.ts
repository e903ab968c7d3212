import { AsyncResource } from 'node:async_hooks'
import { get, type Profiler } from '@osprofiler/core'
import { Object, readStack, Set, WeakMap } from '@osprofiler/core/toolkit'
import type { UndiciRequest } from './undici-request.js'

/**
 * Returns the profiler of the code that made a request, or `undefined` if that code was untraced or is unknown. Up to
 * undici 7 (Node 24), a request that waited in a limited pool, or that an interceptor repeats, has the context of
 * *another* request. Requests of undici's own API store their original context. Requests of `fetch` do not, so they
 * stay untraced in these cases, because a wrong trace is worse than no trace.
 */
export function findCallersProfiler(request: UndiciRequest): Profiler | undefined {
  const copy = findCopy(request)
  if (copy.isBuiltin) return get()
  const resource = findCallersResource(request, copy)
  if (resource !== undefined) return resource.runInAsyncScope(get)
  const profiler = get()
  return profiler === undefined || isDelayed() ? undefined : profiler
}

/** A copy of undici. A process may contain several copies. */
interface UndiciCopy {
  /** Whether the copy is part of Node. Such a copy makes only the requests of `fetch`, and its pools have no limit. */
  readonly isBuiltin: boolean
  /** The symbol property of a request in which undici stores the handler of the response. */
  readonly handlerSymbol: symbol | undefined
}

const copies = new WeakMap<object, UndiciCopy>()

/** Finds the copy of undici by the class of the request, because reading the stack for each request takes 15 us. */
function findCopy(request: object): UndiciCopy {
  const requestClass = request.constructor
  const known = copies.get(requestClass)
  if (known !== undefined) return known
  const isBuiltin =
    readStack(MAX_FRAMES)
      .find(({ name }) => name === requestClass.name)
      ?.file.startsWith('node:') === true
  const handlerSymbol = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'handler')
  const copy = { isBuiltin, handlerSymbol }
  copies.set(requestClass, copy)
  return copy
}

const MAX_HANDLER_DEPTH = 8

/**
 * Finds the caller's context. `request()`, `stream()` and `pipeline()` store the context in the handler, which
 * interceptors may have wrapped.
 */
function findCallersResource(request: object, { handlerSymbol: symbol }: UndiciCopy): AsyncResource | undefined {
  let handler = symbol === undefined ? undefined : (request as Record<symbol, unknown>)[symbol]
  for (let depth = 0; depth < MAX_HANDLER_DEPTH && typeof handler === 'object' && handler !== null; depth++) {
    if (handler instanceof AsyncResource) return handler
    handler = (handler as { handler?: unknown }).handler
  }
  return undefined
}

const MAX_FRAMES = 16
// Functions that undici calls when a connection becomes free, a response is complete, or a retry is due.
const DELAYING_FUNCTIONS = new Set(['onDrain', '[onDrain]', 'emitDrain', 'onMessageComplete', 'onRetry'])
// The function by which undici 8 and later restore the caller's context.
const RESTORING_FUNCTION = 'runInAsyncScope'

/**
 * Returns whether the stack shows that undici creates a request later than the program's call, and therefore in another
 * context.
 */
function isDelayed(): boolean {
  const called = readStack(MAX_FRAMES).find(({ name }) => name === RESTORING_FUNCTION || DELAYING_FUNCTIONS.has(name))
  return called !== undefined && called.name !== RESTORING_FUNCTION
}
