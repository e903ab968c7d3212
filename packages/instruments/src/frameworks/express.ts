import { type IncomingMessage, METHODS } from 'node:http'
import type { Point } from '@osprofiler/core'
import { Array, Object, types, WeakMap } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../loading/library-loads.js'
import { wrapLibrary } from '../loading/wrap-library.js'
import { standInAfter } from '../wrapping/stand-in-once.js'
import { type Around, undoAll, wrapMethod } from '../wrapping/wrap-method.js'
import { createLayers, type EnterLayer, nameOf } from './layers.js'
import { registrationSite } from './registration-site.js'

interface ExpressRequest extends IncomingMessage {
  next?: unknown
  readonly baseUrl?: string
  readonly route?: { readonly path?: unknown }
}

interface ExpressLayer {
  readonly name?: string
  readonly handle?: { readonly length: number }
  /** Set on a layer that only leads to a route, whose own layers follow. */
  readonly route?: unknown
  /** Set on a layer of a route. `undefined` stands for all methods. */
  readonly method?: unknown
}

/**
 * Records the layers of Express as points named `express`. A listener on the router's channel (Express 5.3) would give
 * layers another `next` than their request has. A function without a call of `next` lasts as long as its request.
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
    // A router inherits from the export itself in Express 4, and from its prototype in Express 5.
    whenLoaded('express', router => wrapMethod(router as object, 'use', nameLayers), { file: 'lib/router/index.js' }),
  ])
}

const sites = new WeakMap<object, string>()

/** Finds the registration site if the program has just passed functions without names to a router or a route. */
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

/** The original `next` functions, by their stand-ins in layers. */
const nextOf = new WeakMap<object, Next>()

/** Error handlers have 4 parameters. Express skips layers of the other kind. */
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
      // `route` and `router` only skip layers, and an error that was passed in belongs to another layer.
      if (!error || error === 'route' || error === 'router' || error === incoming) point.stop()
      else point.fail(error)
    })
    // The router keeps its `next` there, and a program may compare the two.
    if (req.next === next || nextOf.get(req.next as object) === next) req.next = handOn
    nextOf.set(handOn, next)
    return proceed(args.with(parameters - 1, handOn))
  }
}

function enterLayer(enter: EnterLayer, req: ExpressRequest, layer: ExpressLayer): Point | undefined {
  return enter(req, {
    name: shownName(layer) || (sites.get(layer) ?? ''),
    // The request keeps its route for later layers that do not belong to the route, such as error handlers.
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
