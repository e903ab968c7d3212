import { Array, decodeURIComponent, Object, RegExp, String } from '@osprofiler/core/toolkit'

/** A layer of a router in Express 4, or in the package `router` 2, which Express 5 uses. */
export interface RouterLayer {
  readonly name?: string
  readonly handle?: unknown
  readonly route?: unknown
  /** Exists only in Express 4, like `keys`. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean; readonly fast_star?: boolean }
  readonly keys?: readonly { readonly name: string | number }[]
  /** Exists only in `router` 2, like `matchers`. */
  readonly slash?: boolean
  readonly matchers?: readonly ((path: string) => RouterMatch | false)[]
  /** Exists only in `router` 2.3 and later. */
  readonly rawPath?: unknown
}

interface RouterMatch {
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
}

/** The part of a request's path that a layer matches. `params` contains the names of the path's parameters. */
export interface LayerMatch {
  readonly path: string
  /** The matched path with parameter names instead of values, such as `/tenants/:tenant`. */
  readonly pattern: string
  readonly params: readonly string[]
}

const EMPTY_MATCH: LayerMatch = { path: '', pattern: '', params: [] }

/**
 * Matches a path in the same way as the layer. The layer's own `match` is not used, because it would overwrite the
 * match of another request.
 */
export function matchLayer(layer: RouterLayer, path: string): LayerMatch | undefined {
  if (layer.slash === true || layer.regexp?.fast_slash === true) return EMPTY_MATCH
  if (layer.regexp?.fast_star === true) return { path, pattern: '*', params: ['0'] }
  return layer.regexp === undefined ? matchByMatchers(layer, path) : matchByRegExp(layer, layer.regexp, path)
}

function matchByMatchers({ matchers = [], rawPath }: RouterLayer, path: string): LayerMatch | undefined {
  const paths: readonly unknown[] = Array.isArray(rawPath) ? rawPath : [rawPath]
  for (const [index, matcher] of matchers.entries()) {
    const match = matcher(path)
    if (match === false) continue
    const rawPattern = paths[index]
    return {
      path: match.path,
      pattern: typeof rawPattern === 'string' ? rawPattern : replaceParamValues(match),
      params: Object.keys(match.params),
    }
  }
  return undefined
}

/** Replaces parameter values with their names. Each value is replaced in the first segment that equals it. */
function replaceParamValues({ path, params }: RouterMatch): string {
  const unmatchedParams = Object.entries(params)
  const segments = path.split('/').map(segment => {
    const at = unmatchedParams.findIndex(([, value]) => value === decodeSegment(segment))
    return at === -1 ? segment : `:${unmatchedParams.splice(at, 1)[0]?.[0]}`
  })
  return segments.join('/')
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function matchByRegExp({ keys = [] }: RouterLayer, regexp: RegExp, path: string): LayerMatch | undefined {
  // Copies the regular expression with the flag `d`, which reports the positions of groups. The copy omits the flags
  // `g` and `y`, because with them, a match starts where the previous match ended.
  const match = new RegExp(regexp.source, `${regexp.flags.replace(/[dgy]/g, '')}d`).exec(path)
  if (match === null) return undefined
  let pattern = ''
  let end = match.index
  for (const [index, span] of (match.indices ?? []).entries()) {
    // Skips the match as a whole, groups without a match, and groups inside a group that is already replaced.
    if (index === 0 || span === undefined || span[0] < end) continue
    const name = keys[index - 1]?.name
    pattern += path.slice(end, span[0]) + (typeof name === 'string' ? `:${name}` : '*')
    end = span[1]
  }
  pattern += path.slice(end, match.index + match[0].length)
  return { path: match[0], pattern, params: keys.map(({ name }) => String(name)) }
}
