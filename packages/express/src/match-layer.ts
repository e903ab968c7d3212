import { Array, decodeURIComponent, Object, RegExp, String } from '@osprofiler/core/toolkit'

/** A layer of a router, of Express 4 or of `router` 2, which is Express 5's. */
export interface RouterLayer {
  readonly name?: string
  readonly handle?: unknown
  readonly route?: unknown
  /** Of Express 4. */
  readonly regexp?: RegExp & { readonly fast_slash?: boolean; readonly fast_star?: boolean }
  readonly keys?: readonly { readonly name: string | number }[]
  /** Of `router` 2. */
  readonly slash?: boolean
  readonly matchers?: readonly ((path: string) => RouterMatch | false)[]
  /** Of `router` 2.3 and later. */
  readonly rawPath?: unknown
}

interface RouterMatch {
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
}

/** How a layer matches a path. */
export interface LayerMatch {
  /** What the layer matches of the path. */
  readonly path: string
  /** The same with the names of the parameters, such as `/tenants/:tenant`. */
  readonly pattern: string
  readonly params: readonly string[]
}

const EMPTY: LayerMatch = { path: '', pattern: '', params: [] }

/**
 * Matches a path as the layer does. Not by the layer's own `match`, which keeps the match in the layer: other requests
 * are between their match and its use.
 */
export function matchLayer(layer: RouterLayer, path: string): LayerMatch | undefined {
  if (layer.slash === true || layer.regexp?.fast_slash === true) return EMPTY
  if (layer.regexp?.fast_star === true) return { path, pattern: '*', params: ['0'] }
  return layer.regexp === undefined ? matchByMatchers(layer, path) : matchByRegExp(layer, layer.regexp, path)
}

function matchByMatchers({ matchers = [], rawPath }: RouterLayer, path: string): LayerMatch | undefined {
  const paths: readonly unknown[] = Array.isArray(rawPath) ? rawPath : [rawPath]
  for (const [index, matcher] of matchers.entries()) {
    const match = matcher(path)
    if (match === false) continue
    const known = paths[index]
    return {
      path: match.path,
      pattern: typeof known === 'string' ? known : nameParams(match),
      params: Object.keys(match.params),
    }
  }
  return undefined
}

/** Writes the names of parameters in the place of their values, each at the first segment that has the value. */
function nameParams({ path, params }: RouterMatch): string {
  const left = Object.entries(params)
  const segments = path.split('/').map(segment => {
    const at = left.findIndex(([, value]) => value === decode(segment))
    return at === -1 ? segment : `:${left.splice(at, 1)[0]?.[0]}`
  })
  return segments.join('/')
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function matchByRegExp({ keys = [] }: RouterLayer, regexp: RegExp, path: string): LayerMatch | undefined {
  // A copy that tells where its groups are. One with the flag `g` or `y` would remember where it stopped.
  const match = new RegExp(regexp.source, `${regexp.flags.replace(/[dgy]/g, '')}d`).exec(path)
  if (match === null) return undefined
  let pattern = ''
  let end = match.index
  for (const [index, span] of (match.indices ?? []).entries()) {
    // A group inside of another one, or one that has matched nothing, has no place of its own.
    if (index === 0 || span === undefined || span[0] < end) continue
    const name = keys[index - 1]?.name
    pattern += path.slice(end, span[0]) + (typeof name === 'string' ? `:${name}` : '*')
    end = span[1]
  }
  pattern += path.slice(end, match.index + match[0].length)
  return { path: match[0], pattern, params: keys.map(({ name }) => String(name)) }
}
