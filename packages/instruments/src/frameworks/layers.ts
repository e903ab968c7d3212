import { get, type Point, type PointInfo } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'
import type { RegistrationSite } from './registration-site.js'

/** A function that a framework runs for a request: a middleware, a hook or a handler. */
export interface Layer {
  /** The function's name. If it is empty, the registration site is shown instead. */
  readonly name: string
  readonly hook?: string | undefined
  /** The route's pattern as it was registered, such as `GET /orders/:id`. */
  readonly route?: string | undefined
  /** The place where the function was registered. The stack during a request shows earlier layers instead. */
  readonly site: RegistrationSite
  /** Whether this is the code of the layer that runs after all later layers, such as after `await next()` in Koa. */
  readonly after?: boolean | undefined
}

/**
 * Returns the name of a function without the `bound` that `bind()` adds. Returns an empty string if the name is not a
 * string.
 */
export function getFunctionName(fn: object): string {
  const { name } = fn as { readonly name?: unknown }
  return typeof name === 'string' ? name.replace(/^(?:bound )+/, '') : ''
}

/** Begins the point of a layer. Returns `undefined` if the request is not traced. */
export type StartLayer = (request: object, layer: Layer) => Point | undefined

/**
 * Returns a function that records the layers of a request as siblings. A layer's point ends when the layer is done,
 * when the next layer begins, or when the request ends.
 */
export function createStartLayer(framework: string): StartLayer {
  const currentPoints = new WeakMap<object, Point>()
  return (request, layer) => {
    const profiler = get()
    // A point that begins after the end of its request would never be stopped.
    if (profiler === undefined || profiler.ended) return undefined
    currentPoints.get(request)?.stop()
    const point = profiler.start(framework, describeLayer(layer), layer.site.stack)
    currentPoints.set(request, point)
    return point
  }
}

function describeLayer({ name, site, hook, route, after }: Layer): PointInfo {
  return { layer: { name: name || site.label || '<anonymous>', hook, route, after } }
}
