import type { IncomingMessage, ServerResponse } from 'node:http'
import { Array, String, types } from '@osprofiler/core/toolkit'
import { matchLayer, type RouterLayer } from './match-layer.js'

/** What Express leaves on a request. */
interface ExpressRequest extends IncomingMessage {
  readonly app?: ExpressApp
  readonly baseUrl?: string
  readonly params?: object
  /** The route that was chosen last. Stays when the route has handed the request on. */
  readonly route?: ExpressRoute
  /** Of the router that has the request now; `undefined` when all of them have handed the request on. */
  readonly next?: unknown
}

interface ExpressApp {
  readonly parent?: ExpressApp
  /** Of Express 4. There, `router` throws. */
  readonly _router?: Router
  readonly router?: Router
}

interface ExpressRoute {
  readonly path?: unknown
}

interface Router {
  readonly stack?: readonly RouterLayer[]
}

/** A route as all its routers know it. */
interface FoundRoute {
  readonly pattern: string
  /** The names of the route's own parameters, or `undefined` where they are not known. */
  readonly params: readonly string[] | undefined
}

// Deeper than any application: a router may contain itself.
const DEEPEST = 32

/** The route that was chosen for a request, with the mounts that lead there; `undefined` for a request without a route. */
export function chosenRoute(req: IncomingMessage): string | undefined {
  return findRoute(req)?.pattern
}

/** The same, of a request that is answered just now: a route that has handed the request on is not its route. */
export function answeringRoute(req: IncomingMessage, res: ServerResponse): string | undefined {
  const found = findRoute(req)
  if (found === undefined) return undefined
  const { statusCode } = res
  // Other statuses may be the answer to an error of the route. Middlewares that answer "not found" have no route.
  const mayBeOther = statusCode < 400 || statusCode === 404
  return mayBeOther && hasHandedOn(req, found) ? undefined : found.pattern
}

/** Whether the request has left its route: it is with no router any more, or has the parameters of another layer. */
function hasHandedOn({ app, next, params = {} }: ExpressRequest, found: FoundRoute): boolean {
  if (app !== undefined && next === undefined) return true
  return found.params?.some(name => !(name in params)) === true
}

function findRoute(req: ExpressRequest): FoundRoute | undefined {
  const { route, baseUrl = '', url = '/' } = req
  const path = route?.path
  if (route === undefined || !isPath(path)) return undefined
  // Together they are the path, wherever the request is: the base is restored when a router hands the request on.
  const whole = baseUrl + (url.split('?', 1)[0] ?? '')
  const apps: ExpressApp[] = []
  for (let app = req.app; app !== undefined && apps.length < DEEPEST; app = app.parent) apps.unshift(app)
  return findInApp(route, whole, apps, 0) ?? guessRoute(String(path), whole)
}

function isPath(path: unknown): boolean {
  return typeof path === 'string' || types.isRegExp(path) || Array.isArray(path)
}

function findInApp(
  route: ExpressRoute,
  path: string,
  [app, ...mounted]: readonly ExpressApp[],
  depth: number,
): FoundRoute | undefined {
  if (app === undefined) return undefined
  const router = app._router ?? app.router
  return router && findInRouter(route, path, router, mounted, depth)
}

function findInRouter(
  route: ExpressRoute,
  path: string,
  { stack = [] }: Router,
  apps: readonly ExpressApp[],
  depth: number,
): FoundRoute | undefined {
  if (depth > DEEPEST) return undefined
  for (const layer of stack) {
    if (layer.route === route) {
      const match = matchLayer(layer, path)
      if (match !== undefined) return { pattern: shownPath(route.path, match.pattern), params: match.params }
    }
    const inner = layer.route === undefined ? (layer.handle as Router | undefined) : undefined
    const isApp = layer.name === 'mounted_app'
    if (!isApp && !Array.isArray(inner?.stack)) continue
    const mount = matchLayer(layer, path)
    if (mount === undefined) continue
    const rest = path.slice(mount.path.length)
    const below = rest.startsWith('/') ? rest : `/${rest}`
    const found = isApp
      ? findInMounted(route, below, apps, depth + 1)
      : findInRouter(route, below, inner as Router, apps, depth + 1)
    if (found !== undefined) return { ...found, pattern: mount.pattern.replace(/\/+$/, '') + found.pattern }
  }
  return undefined
}

/** An application that has handed the request on is not known any more. */
function findInMounted(
  route: ExpressRoute,
  path: string,
  apps: readonly ExpressApp[],
  depth: number,
): FoundRoute | undefined {
  return apps.length > 0 ? findInApp(route, path, apps, depth) : guessRoute(String(route.path), path)
}

function shownPath(path: unknown, matched: string): string {
  if (!Array.isArray(path)) return String(path)
  return path.flat(DEEPEST).every(one => typeof one === 'string') ? matched : String(path)
}

/** A route in routers that cannot be seen: what stands before the route's part of the path is where they are mounted. */
function guessRoute(pattern: string, path: string): FoundRoute | undefined {
  const wanted = pattern.replace(/\/$/, '').split('/')
  const given = path.replace(/\/$/, '').split('/')
  const base = given.length - wanted.length
  if (base < 0 || !pattern.startsWith('/') || /[*{}()?+]/.test(pattern)) return undefined
  const fits = wanted.every((part, at) => part === '' || part.includes(':') || part === given[base + at])
  return fits ? { pattern: given.slice(0, base + 1).join('/') + pattern, params: undefined } : undefined
}
