import { type IncomingMessage, METHODS } from 'node:http'
import type { Point } from '@osprofiler/core'
import { Array, Object, types, WeakMap } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../loading/library-loads.js'
import { wrapLibrary } from '../loading/wrap-library.js'
import { standInAfter } from '../wrapping/stand-in-once.js'
import { type Around, undoAll, wrapMethod } from '../wrapping/wrap-method.js'
import { createLayers, type EnterLayer, nameOf } from './layers.js'
import { registrationSite } from './registration-site.js'

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

/**
 * Makes the layers of Express points named `express`, by the prototype of its layers. Not by the channel of its router
 * (Express 5.3): with a listener there, the router hands a layer another `next` than the request has. A function that ends
 * without handing the request on, such as a handler with callbacks, lasts as long as its request.
 */
export function instrumentExpress(): () => void {
  const enter = createLayers('express')
  const layer = traceLayer(enter, 3)
  const errorLayer = traceLayer(enter, 4)
  return undoAll([
    wrapLibrary('express', [
      { file: 'lib/router/layer.js', methods: { handle_request: layer, handle_error: errorLayer } },
      { file: 'lib/router/route.js', methods: ROUTE },
    ]),
    wrapLibrary('router', [
      { file: 'lib/layer.js', methods: { handleRequest: layer, handleError: errorLayer } },
      { file: 'lib/route.js', methods: ROUTE },
      { file: 'index.js', methods: { use: nameLayers } },
    ]),
    // Express 4 makes a router inherit from what it exports itself, and Express 5 from the prototype of that.
    whenLoaded('express', router => wrapMethod(router as object, 'use', nameLayers), { file: 'lib/router/index.js' }),
  ])
}

/** Where layers without a name were given to their router. */
const sites = new WeakMap<object, string>()

/** Looks where the program is, if it has just given functions without names to a router or a route. */
const nameLayers: Around = (proceed, self, args) => {
  const { stack } = self as { readonly stack?: readonly ExpressLayer[] }
  const before = stack?.length ?? 0
  const result = proceed(args)
  const unnamed = stack?.slice(before).filter(layer => !sites.has(layer) && shownName(layer) === '') ?? []
  const site = unnamed.length === 0 ? undefined : registrationSite()
  if (site !== undefined) for (const layer of unnamed) sites.set(layer, site)
  return result
}

type Next = (this: unknown, ...args: unknown[]) => unknown

const ROUTE = Object.fromEntries(['all', ...METHODS].map(method => [method.toLowerCase(), nameLayers]))

/** What hands a request on, by what stands for it in a layer. */
const nextOf = new WeakMap<object, Next>()

/** With four parameters, one for errors: Express passes by those of the other kind. */
function traceLayer(enter: EnterLayer, parameters: 3 | 4): Around {
  return (proceed, self, args) => {
    const layer = self as ExpressLayer
    const isErrorHandler = layer.handle?.length === 4
    const incoming = parameters === 4 ? args[0] : undefined
    const [req, , next] = args.slice(parameters - 3) as [ExpressRequest, unknown, Next]
    if (isErrorHandler !== (parameters === 4) || layer.route !== undefined) return proceed(args)
    const point = enterLayer(enter, req, layer)
    if (point === undefined) return proceed(args)
    const handOn = standInAfter(next, error => {
      // What only leads elsewhere is no error, and neither is one that was handed in.
      if (!error || error === 'route' || error === 'router' || error === incoming) point.stop()
      else point.fail(error)
    })
    // The router keeps its own there, and a program may compare the two.
    if (req.next === next || nextOf.get(req.next as object) === next) req.next = handOn
    nextOf.set(handOn, next)
    return proceed(args.with(parameters - 1, handOn))
  }
}

function enterLayer(enter: EnterLayer, req: ExpressRequest, layer: ExpressLayer): Point | undefined {
  return enter(req, {
    name: shownName(layer) || (sites.get(layer) ?? ''),
    // The request keeps its route for those that come after it, such as handlers of its errors.
    route: Object.hasOwn(layer, 'method') ? routeOf(req) : undefined,
  })
}

function shownName(layer: ExpressLayer): string {
  return layer.name === '<anonymous>' || layer.name === 'anonymous' ? '' : nameOf(layer)
}

function routeOf({ method, baseUrl = '', route }: ExpressRequest): string | undefined {
  const path = route?.path
  if (typeof path !== 'string' && !types.isRegExp(path) && !Array.isArray(path)) return undefined
  return `${method} ${baseUrl}${path}`
}
