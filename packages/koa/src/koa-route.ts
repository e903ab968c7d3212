import { Array, RegExp, String, types } from '@osprofiler/core/toolkit'

/** Members that routers and `koa-mount` set on Koa's context. */
export interface KoaRouting {
  readonly method?: string
  readonly originalUrl?: string
  /** The path of the layer that ran last or was about to run. Set by `@koa/router` and `koa-router`. */
  readonly _matchedRoute?: unknown
  /** The layers whose path matched, regardless of their methods. Set by the routers. */
  readonly matched?: unknown
  /** The parts of the path that the last layer captured. Set by the routers. */
  readonly captures?: unknown
  /** The last prefix that `koa-mount` removed from the path. */
  readonly mountPath?: unknown
}

interface RouterLayer {
  readonly path?: unknown
  readonly methods?: unknown
  readonly regexp?: unknown
}

/** Returns the route that a Koa router chose, including the prefixes of routers and mounts, or `undefined`. */
export function findKoaRoute(ctx: KoaRouting): string | undefined {
  const { _matchedRoute: path, matched, method } = ctx
  if (path === undefined) return undefined
  const layers: readonly RouterLayer[] = Array.isArray(matched) ? matched : []
  // A router's middleware is a layer without methods and with its own pattern, so layers with methods are preferred.
  const layer =
    layers.find(each => each.path === path && hasMethods(each)) ?? layers.findLast(each => hasMethod(each, method))
  const route = layer === undefined ? path : layer.path
  if (typeof route !== 'string' && !types.isRegExp(route)) return undefined
  return findMountPrefix(ctx, layer) + String(route)
}

function hasMethods({ methods }: RouterLayer): boolean {
  return Array.isArray(methods) && methods.length > 0
}

function hasMethod({ methods }: RouterLayer, method: unknown): boolean {
  return Array.isArray(methods) && methods.includes(method)
}

// Returns the prefixes that `koa-mount` removed before the layer ran. The context contains only the last mount, even if
// that mount has already called `next()`. Therefore, this function compares the layer's captures to find out where the
// layer's part of the path begins.
function findMountPrefix(
  { originalUrl = '', mountPath, captures }: KoaRouting,
  layer: RouterLayer | undefined,
): string {
  if (typeof mountPath !== 'string') return ''
  const prefix = mountPath.endsWith('/') ? mountPath.slice(0, -1) : mountPath
  const [path = ''] = originalUrl.split('?', 1)
  let firstFit: string | undefined
  for (let at = path.indexOf(prefix); at !== -1; at = path.indexOf(prefix, at + 1)) {
    const end = at + prefix.length
    const captured = capture(path.slice(end) || '/', layer)
    if (captured === undefined) continue
    firstFit ??= path.slice(0, end)
    if (areSameCaptures(captured, captures)) return path.slice(0, end)
  }
  // A route for all paths matches with and without the prefix. The captures show which of the two paths it has matched.
  const capturedWithoutMount = capture(path, layer)
  return capturedWithoutMount !== undefined && areSameCaptures(capturedWithoutMount, captures) ? '' : (firstFit ?? '')
}

/** Returns what the layer captures from a path, or `undefined` if the path does not match. */
function capture(path: string, layer: RouterLayer | undefined): readonly (string | undefined)[] | undefined {
  const regexp = layer?.regexp
  if (!types.isRegExp(regexp)) return undefined
  // Copies the pattern, because a pattern with the flag `g` starts at the position of its last match.
  return new RegExp(regexp.source, regexp.flags.replace(/[gy]/g, '')).exec(path)?.slice(1)
}

function areSameCaptures(captured: readonly unknown[], captures: unknown): boolean {
  return (
    Array.isArray(captures) &&
    captured.length === captures.length &&
    captured.every((text, at) => text === captures[at])
  )
}
