import { type IncomingMessage, METHODS } from 'node:http'
import type { Point } from '@osprofiler/core'
import { Array, Object, types, WeakMap } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../loading/library-loads.js'
import { wrapLibrary } from '../loading/wrap-library.js'
import { standInAfter } from '../wrapping/stand-in-once.js'
import { type Around, undoAll, wrapMethod } from '../wrapping/wrap-method.js'
import { createStartLayer, getFunctionName, type StartLayer } from './layers.js'
import { findRegistrationSite, type RegistrationSite, UNKNOWN_SITE } from './registration-site.js'

interface ExpressRequest extends IncomingMessage {
  next?: unknown
  readonly baseUrl?: string
  readonly route?: { readonly path?: unknown }
}

interface ExpressLayer {
  readonly name?: string
  readonly handle?: { readonly length: number }
  /** Set on a layer that only leads to a route. The route's own layers run after this layer. */
  readonly route?: unknown
  /** The HTTP method of a layer of a route. `undefined` means all methods. Other layers do not have this property. */
  readonly method?: unknown
}

/**
 * Records the layers of Express as points named `express`. Wraps methods, because a listener on the router's channel
 * (Express 5.3) would pass layers a `next` that differs from `req.next`. The point of a function that never calls
 * `next` lasts as long as the request.
 */
export function instrumentExpress(): () => void {
  const startLayer = createStartLayer('express')
  const aroundLayer = createAroundLayer(startLayer, 3)
  const aroundErrorLayer = createAroundLayer(startLayer, 4)
  return undoAll([
    wrapLibrary('express', [
      { file: 'lib/router/layer.js', methods: { handle_request: aroundLayer, handle_error: aroundErrorLayer } },
      { file: 'lib/router/route.js', methods: ROUTE_WRAPPERS },
    ]),
    wrapLibrary('router', [
      { file: 'lib/layer.js', methods: { handleRequest: aroundLayer, handleError: aroundErrorLayer } },
      { file: 'lib/route.js', methods: ROUTE_WRAPPERS },
      { file: 'index.js', methods: { use: aroundRegistration } },
    ]),
    // A router inherits from the export itself in Express 4, and from its prototype in Express 5.
    whenLoaded('express', router => wrapMethod(router as object, 'use', aroundRegistration), {
      file: 'lib/router/index.js',
    }),
  ])
}

const registrationSites = new WeakMap<object, RegistrationSite>()

/** Notes the place in the program that has just passed functions to a router or a route. */
const aroundRegistration: Around = (proceed, self, args) => {
  const { stack } = self as { readonly stack?: readonly ExpressLayer[] }
  const lengthBefore = stack?.length ?? 0
  const result = proceed(args)
  const added = stack?.slice(lengthBefore).filter(layer => !registrationSites.has(layer)) ?? []
  if (added.length === 0) return result
  const site = findRegistrationSite()
  for (const layer of added) registrationSites.set(layer, site)
  return result
}

type Next = (this: unknown, ...args: unknown[]) => unknown

const ROUTE_WRAPPERS = Object.fromEntries(['all', ...METHODS].map(method => [method.toLowerCase(), aroundRegistration]))

/** Layers receive a stand-in as their `next`. Maps each stand-in to the original function. */
const originalNexts = new WeakMap<object, Next>()

/**
 * Creates a wrapper for the method in which a layer calls its function. Error handlers have 4 parameters, and all other
 * layers have 3. Express skips error handlers if there is no error, and all other layers if there is an error.
 */
function createAroundLayer(startLayer: StartLayer, parameterCount: 3 | 4): Around {
  return (proceed, self, args) => {
    const layer = self as ExpressLayer
    const isErrorHandler = layer.handle?.length === 4
    const passedError = parameterCount === 4 ? args[0] : undefined
    const [req, , next] = args.slice(parameterCount - 3) as [ExpressRequest, unknown, Next]
    if (isErrorHandler !== (parameterCount === 4) || layer.route !== undefined) return proceed(args)
    const point = startPoint(startLayer, req, layer)
    if (point === undefined) return proceed(args)
    const tracedNext = standInAfter(next, error => {
      // `next('route')` and `next('router')` only skip layers. An error that was passed into this layer belongs to an
      // earlier layer.
      if (!error || error === 'route' || error === 'router' || error === passedError) point.stop()
      else point.fail(error)
    })
    // The router stores its `next` in `req.next`, and a program may compare the two. So both are replaced.
    if (req.next === next || originalNexts.get(req.next as object) === next) req.next = tracedNext
    originalNexts.set(tracedNext, next)
    return proceed(args.with(parameterCount - 1, tracedNext))
  }
}

function startPoint(startLayer: StartLayer, req: ExpressRequest, layer: ExpressLayer): Point | undefined {
  return startLayer(req, {
    name: getShownName(layer),
    site: registrationSites.get(layer) ?? UNKNOWN_SITE,
    // Only layers of a route record the route. Express leaves `req.route` set for later layers that do not belong to
    // the route, such as error handlers.
    route: Object.hasOwn(layer, 'method') ? describeRoute(req) : undefined,
  })
}

function getShownName(layer: ExpressLayer): string {
  return layer.name === '<anonymous>' || layer.name === 'anonymous' ? '' : getFunctionName(layer)
}

function describeRoute({ method, baseUrl = '', route }: ExpressRequest): string | undefined {
  const path = route?.path
  if (typeof path !== 'string' && !types.isRegExp(path) && !Array.isArray(path)) return undefined
  return `${method} ${baseUrl}${path}`
}
