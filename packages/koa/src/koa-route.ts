import { Array, RegExp, String, types } from '@osprofiler/core/toolkit'

/** What routers and `koa-mount` leave on Koa's context. */
export interface KoaRouting {
  readonly method?: string
  readonly originalUrl?: string
  /** The path of the layer that ran last, or of the one that was to run. As `@koa/router` and `koa-router` set it. */
  readonly _matchedRoute?: unknown
  /** The layers whose path matched. As the routers set it, whatever the methods of the layers. */
  readonly matched?: unknown
  /** The last prefix that `koa-mount` has cut off the path. */
  readonly mountPath?: unknown
}

interface RouterLayer {
  readonly path?: unknown
  readonly methods?: unknown
  readonly regexp?: unknown
}

/** The route that a router of Koa has chosen, with the prefixes of routers and mounts; `undefined` where none has. */
export function koaRoute(ctx: KoaRouting): string | undefined {
  const { _matchedRoute: path, matched, method } = ctx
  if (path === undefined) return undefined
  const layers: readonly RouterLayer[] = Array.isArray(matched) ? matched : []
  // A middleware of the router is a layer without methods, and has a pattern of its own.
  const layer =
    layers.find(each => each.path === path && hasMethods(each)) ?? layers.findLast(each => hasMethod(each, method))
  const route = layer === undefined ? path : layer.path
  if (typeof route !== 'string' && !types.isRegExp(route)) return undefined
  return mountedAt(ctx, layer) + String(route)
}

function hasMethods({ methods }: RouterLayer): boolean {
  return Array.isArray(methods) && methods.length > 0
}

function hasMethod({ methods }: RouterLayer, method: unknown): boolean {
  return Array.isArray(methods) && methods.includes(method)
}

/**
 * What `koa-mount` has cut off the path. Of mounts in one another the context knows the last one, so the layer itself
 * tells where its part of the path begins.
 */
function mountedAt({ originalUrl = '', mountPath }: KoaRouting, layer: RouterLayer | undefined): string {
  if (typeof mountPath !== 'string') return ''
  const prefix = mountPath.endsWith('/') ? mountPath.slice(0, -1) : mountPath
  const [path = ''] = originalUrl.split('?', 1)
  for (let at = path.indexOf(prefix); at !== -1; at = path.indexOf(prefix, at + 1)) {
    const end = at + prefix.length
    if (matches(layer, path.slice(end) || '/')) return path.slice(0, end)
  }
  return ''
}

function matches(layer: RouterLayer | undefined, path: string): boolean {
  const regexp = layer?.regexp
  // A copy: one with the flag `g` remembers where it stopped.
  return types.isRegExp(regexp) && new RegExp(regexp.source, regexp.flags.replace(/[gy]/g, '')).test(path)
}
