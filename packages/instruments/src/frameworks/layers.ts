import { get, type Point, type PointInfo } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'

/** What a framework runs on the way of a request, and hands it on to the next: a middleware, a hook, a handler. */
export interface Layer {
  /** Of its function, or where that was given to the framework; empty where neither is known. */
  readonly name: string
  /** When a hook is called, such as `onRequest`. */
  readonly hook?: string | undefined
  /** The pattern that it was registered for, such as `GET /orders/:id`. */
  readonly route?: string | undefined
  /** Whether this is the part after those that it has handed the request on to. */
  readonly after?: boolean | undefined
}

/** The name of a function without what `bind()` puts before it; empty where the function has no text for a name. */
export function nameOf(fn: object): string {
  const { name } = fn as { readonly name?: unknown }
  return typeof name === 'string' ? name.replace(/^(?:bound )+/, '') : ''
}

/** Begins the point of a layer; `undefined` for a request that is not traced. */
export type EnterLayer = (request: object, layer: Layer) => Point | undefined

/**
 * Makes the layers of one framework points: siblings, one after another. Each lasts until the request is handed on, which
 * is when the next one of the same request begins, or until it ends by itself; the last one, with its request at the
 * latest. What a layer starts is nested in it.
 */
export function createLayers(framework: string): EnterLayer {
  const current = new WeakMap<object, Point>()
  return (request, layer) => {
    const profiler = get()
    // A layer that comes back when its request is over has nobody who would stop its point.
    if (profiler === undefined || profiler.ended) return undefined
    current.get(request)?.stop()
    const point = profiler.start(framework, layerInfo(layer))
    current.set(request, point)
    return point
  }
}

function layerInfo({ name, hook, route, after }: Layer): PointInfo {
  return { layer: { name: name || '<anonymous>', hook, route, after } }
}
