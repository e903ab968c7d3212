import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { types } from 'node:util'
import type { Point } from '@osprofiler/core'
import { Array, Number, Object, Reflect, WeakMap } from '@osprofiler/core/toolkit'
import { claim } from './claim.js'
import { createLayers, type EnterLayer } from './layers.js'
import { whenLoaded } from './library-loads.js'
import { standInOnce } from './stand-in-once.js'
import { type Around, undoAll, wrapMethod } from './wrap-method.js'

/** A request as Express has it while its layers run. */
interface ExpressRequest extends IncomingMessage {
  next?: unknown
  readonly baseUrl?: string
  readonly route?: { readonly path?: unknown }
}

interface ExpressLayer {
  readonly name?: string
  readonly handle?: { readonly length: number }
  /** Of the layer that only leads to a route, whose own layers follow. */
  readonly route?: unknown
  /** Of those layers of a route; undefined for all methods. */
  readonly method?: unknown
}

/** What `express.router.request` publishes: the same object from a layer's start to its end. */
interface Published {
  readonly req: ExpressRequest
  readonly layer: ExpressLayer
  readonly error?: unknown
}

/**
 * Makes the layers of Express points named `express`: by the channel of its router from Express 5.3 (router 2.3) on, and
 * by their prototype in Express 4 and before 5.3, of which nothing is told. A function that ends without handing the
 * request on, such as a handler with callbacks, lasts as long as its request.
 */
export function instrumentExpress(): () => void {
  const enter = createLayers('express')
  return undoAll([
    listen(enter),
    whenLoaded('express', layer => wrapLayer(layer, enter, ['handle_request', 'handle_error']), {
      file: 'lib/router/layer.js',
    }),
    whenLoaded(
      'router',
      (layer, { version }) =>
        hasChannel(version) ? undefined : wrapLayer(layer, enter, ['handleRequest', 'handleError']),
      { file: 'lib/layer.js' },
    ),
  ])
}

function listen(enter: EnterLayer): () => void {
  const points = new WeakMap<object, Point>()
  const listeners = Object.entries({
    start(published: Published) {
      if (!claim(published)) return
      const point = enterLayer(enter, published.req, published.layer)
      if (point !== undefined) points.set(published, point)
    },
    error(published: Published) {
      points.get(published)?.fail(published.error)
    },
    asyncEnd(published: Published) {
      points.get(published)?.stop()
    },
  }).map(([event, listener]) => {
    const harmless = (message: unknown): void => {
      try {
        listener(message as Published)
      } catch {
        // A listener that throws would end the program.
      }
    }
    return [`tracing:express.router.request:${event}`, harmless] as const
  })
  for (const [channel, listener] of listeners) subscribe(channel, listener)
  return () => {
    for (const [channel, listener] of listeners) unsubscribe(channel, listener)
  }
}

function hasChannel(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 2 || (major === 2 && minor >= 3)
}

type Next = (this: unknown, ...args: unknown[]) => unknown

function wrapLayer(layer: unknown, enter: EnterLayer, [request, failed]: readonly [string, string]): () => void {
  const { prototype } = layer as { prototype: object }
  return undoAll([
    wrapMethod(prototype, request, traceLayer(enter, 3)),
    wrapMethod(prototype, failed, traceLayer(enter, 4)),
  ])
}

/** With four parameters, one for errors: Express passes by those of the other kind. */
function traceLayer(enter: EnterLayer, parameters: 3 | 4): Around {
  return (original, self, args) => {
    const layer = self as ExpressLayer
    const isErrorHandler = layer.handle?.length === 4
    const incoming = parameters === 4 ? args[0] : undefined
    const [req, , next] = args.slice(parameters - 3) as [ExpressRequest, unknown, Next]
    if (isErrorHandler !== (parameters === 4) || layer.route !== undefined) return Reflect.apply(original, self, args)
    const point = enterLayer(enter, req, layer)
    if (point === undefined) return Reflect.apply(original, self, args)
    const handOn = standInOnce(next, (nextLayer, nextSelf, given) => {
      const [error] = given
      // What only leads elsewhere is no error, and neither is one that was handed in.
      if (!error || error === 'route' || error === 'router' || error === incoming) point.stop()
      else point.fail(error)
      return Reflect.apply(nextLayer, nextSelf, given)
    })
    // The router keeps it there as well, and a program may compare the two.
    if (req.next === next) req.next = handOn
    return Reflect.apply(original, self, args.with(parameters - 1, handOn))
  }
}

function enterLayer(enter: EnterLayer, req: ExpressRequest, layer: ExpressLayer): Point | undefined {
  const { name = '' } = layer
  return enter(req, {
    name: name === '<anonymous>' || name === 'anonymous' ? '' : name,
    // The request keeps its route for those that come after it, such as handlers of its errors.
    route: Object.hasOwn(layer, 'method') ? routeOf(req) : undefined,
  })
}

function routeOf({ method, baseUrl = '', route }: ExpressRequest): string | undefined {
  const path = route?.path
  if (typeof path !== 'string' && !types.isRegExp(path) && !Array.isArray(path)) return undefined
  return `${method} ${baseUrl}${path}`
}
