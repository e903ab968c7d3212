import type { IncomingMessage, ServerResponse } from 'node:http'
import { Array, String, types } from '@osprofiler/core/toolkit'
import { matchLayer, type RouterLayer } from './match-layer.js'

interface ExpressRequest extends IncomingMessage {
  readonly app?: ExpressApp
  readonly baseUrl?: string
  readonly params?: object
  /** The route that was chosen last. It is still set after the route has called `next()`. */
  readonly route?: ExpressRoute
  /** Set by the router that is handling the request, and `undefined` after all routers have called `next()`. */
  readonly next?: unknown
}

interface ExpressApp {
  readonly parent?: ExpressApp
  /** The router in Express 4. In that version, reading `router` throws an error. */
  readonly _router?: Router
  readonly router?: Router
}

interface ExpressRoute {
  readonly path?: unknown
}

interface Router {
  readonly stack?: readonly RouterLayer[]
}

/** A route, including the paths at which its routers are mounted. */
interface FoundRoute {
  readonly pattern: string
  /** The names of the route's own parameters, or `undefined` if they are unknown. */
  readonly params: readonly string[] | undefined
}

// Real applications never nest routers this deeply. The limit prevents an endless loop if a router contains itself.
const MAX_DEPTH = 32

/** Returns the route that was chosen for a request, including the mount paths of its routers, or `undefined`. */
export function findChosenRoute(req: IncomingMessage): string | undefined {
  return findRoute(req)?.pattern
}

/** Returns the route that responds to a request, or `undefined`. A route that has called `next()` does not count. */
export function findAnsweringRoute(req: IncomingMessage, res: ServerResponse): string | undefined {
  const found = findRoute(req)
  if (found === undefined) return undefined
  const { statusCode } = res
  // With most error statuses, an error handler may be responding to an error of the route, so the route still counts.
  // The exception is 404, because middleware after the routes often responds with 404.
  const mayBeMiddleware = statusCode < 400 || statusCode === 404
  return mayBeMiddleware && hasLeftRoute(req, found) ? undefined : found.pattern
}

/**
 * Returns whether the request has left its route: no router is handling it, or its parameters belong to another layer.
 */
function hasLeftRoute({ app, next, params = {} }: ExpressRequest, found: FoundRoute): boolean {
  if (app !== undefined && next === undefined) return true
  return found.params?.some(name => !(name in params)) === true
}

function findRoute(req: ExpressRequest): FoundRoute | undefined {
  const { route, baseUrl = '', url = '/' } = req
  const path = route?.path
  if (route === undefined || !isRoutePath(path)) return undefined
  // `baseUrl` and `url` together are always the whole path, because a router restores `baseUrl` when it calls `next()`.
  const fullPath = baseUrl + (url.split('?', 1)[0] ?? '')
  const apps: ExpressApp[] = []
  for (let app = req.app; app !== undefined && apps.length < MAX_DEPTH; app = app.parent) apps.unshift(app)
  return findInApp(route, fullPath, apps, 0) ?? guessRoute(String(path), fullPath)
}

function isRoutePath(path: unknown): boolean {
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
  if (depth > MAX_DEPTH) return undefined
  for (const layer of stack) {
    if (layer.route === route) {
      const match = matchLayer(layer, path)
      if (match !== undefined) return { pattern: describePath(route.path, match.pattern), params: match.params }
    }
    const innerRouter = layer.route === undefined ? (layer.handle as Router | undefined) : undefined
    const isApp = layer.name === 'mounted_app'
    if (!isApp && !Array.isArray(innerRouter?.stack)) continue
    const mount = matchLayer(layer, path)
    if (mount === undefined) continue
    const rest = path.slice(mount.path.length)
    const innerPath = rest.startsWith('/') ? rest : `/${rest}`
    const found = isApp
      ? findInMountedApp(route, innerPath, apps, depth + 1)
      : findInRouter(route, innerPath, innerRouter as Router, apps, depth + 1)
    if (found !== undefined) return { ...found, pattern: mount.pattern.replace(/\/+$/, '') + found.pattern }
  }
  return undefined
}

/**
 * Finds a route in a mounted application. An application that has called `next()` can no longer be found, so its route
 * is guessed.
 */
function findInMountedApp(
  route: ExpressRoute,
  path: string,
  apps: readonly ExpressApp[],
  depth: number,
): FoundRoute | undefined {
  return apps.length > 0 ? findInApp(route, path, apps, depth) : guessRoute(String(route.path), path)
}

function describePath(path: unknown, matched: string): string {
  if (!Array.isArray(path)) return String(path)
  return path.flat(MAX_DEPTH).every(one => typeof one === 'string') ? matched : String(path)
}

/**
 * Guesses the route, including the mount paths of its routers, if these routers cannot be found. The mount paths are
 * assumed to be the part of the request's path before the part that the route matches.
 */
function guessRoute(pattern: string, path: string): FoundRoute | undefined {
  const routeParts = pattern.replace(/\/$/, '').split('/')
  const pathParts = path.replace(/\/$/, '').split('/')
  const mountLength = pathParts.length - routeParts.length
  if (mountLength < 0 || !pattern.startsWith('/') || /[*{}()?+]/.test(pattern)) return undefined
  const isMatch = routeParts.every(
    (part, at) => part === '' || part.includes(':') || part === pathParts[mountLength + at],
  )
  return isMatch ? { pattern: pathParts.slice(0, mountLength + 1).join('/') + pattern, params: undefined } : undefined
}
