import { prefetchMaps } from '../../call-sites/map-call-sites.js'
import { Map, Math } from '../../platform/platform.js'
import type { CpuProfile, ProfileNode, Recording } from '../recording/recording.js'
import type { Cause, Site } from './cause.js'
import { cutName, type PlacedFunction, pickSite, type Sites } from './sites.js'
import type { Slices } from './slices.js'

/** The code that ran when a sample was taken. */
export interface Ran {
  readonly kind: 'idle' | 'native' | 'gc' | 'code'
  /** For the kind `code`: the cause to show if the code belongs to the request. */
  readonly cause: Cause | undefined
  /** Whether the code is Node's own, and no code of the program or a library called it. */
  readonly isNode: boolean
  readonly node: ProfileNode
  /** Whether the cause names the function in which the sample was taken, and not one of its callers. */
  readonly isLeaf: boolean
  /** The number of samples of this code that belong to the request. */
  own: number
}

/** The samples of a CPU profile, in order of time. */
export interface Samples {
  /** Times in milliseconds of `performance.now()`. */
  readonly times: readonly number[]
  readonly ran: readonly Ran[]
}

const SYNC_FUNCTION = /Sync$|^processChunkSync$|^spawnSync$/
const SYNC_MODULE = /^node:(?:fs|child_process|zlib|crypto|dns|internal\/(?:fs|child_process|crypto))/

/** Reads the samples of a recording. A recording without a profile has no samples. */
export async function readSamples(
  { profile, monotonicOffset }: Recording,
  sites: Sites,
  slices: Slices,
): Promise<Samples> {
  if (profile === undefined) return { times: [], ran: [] }
  await prefetchMaps(profile.nodes.map(({ callFrame }) => callFrame.url))
  const parents = findParents(profile)
  const nodes = new Map(profile.nodes.map(node => [node.id, node]))
  const described = new Map<number, Ran>()
  const times: number[] = []
  const ran: Ran[] = []
  let us = profile.startTime
  let latest = 0
  for (const [at, id] of (profile.samples ?? []).entries()) {
    await slices.next()
    us += profile.timeDeltas?.[at] ?? 0
    const node = nodes.get(id)
    if (node === undefined) continue
    const known = described.get(id) ?? (await describeNode(node, parents, sites))
    described.set(id, known)
    // Some intervals are negative, because samples come from several sources.
    latest = Math.max(latest, us / 1_000 - monotonicOffset)
    times.push(latest)
    ran.push(known)
  }
  return { times, ran }
}

function findParents(profile: CpuProfile): Map<number, ProfileNode> {
  const parents = new Map<number, ProfileNode>()
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node)
  return parents
}

const SPECIAL_NODES = new Map<string, Ran['kind']>([
  ['(idle)', 'idle'],
  ['(program)', 'native'],
  ['(root)', 'native'],
  ['(garbage collector)', 'gc'],
])

async function describeNode(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>, sites: Sites): Promise<Ran> {
  const special = SPECIAL_NODES.get(node.callFrame.functionName)
  if (special !== undefined) return { kind: special, cause: undefined, isNode: false, node, isLeaf: false, own: 0 }
  const { nearest, library, sync } = await findCaller(node, parents, sites)
  const cause = createCause(node, nearest, library, sync)
  const isNode = nearest === undefined && library === undefined
  const isLeaf = !isNode && (await sites.findFunction(node.callFrame)) === (nearest ?? library)
  return { kind: 'code', cause, isNode, node, isLeaf, own: 0 }
}

interface Caller {
  /** The innermost function on the stack that belongs to the program or to this project. */
  readonly nearest: PlacedFunction | undefined
  /** The innermost function of a library, if this function is closer to the top of the stack than `nearest`. */
  readonly library: PlacedFunction | undefined
  /** The synchronous function of Node that was called. */
  readonly sync: string | undefined
}

async function findCaller(leaf: ProfileNode, parents: ReadonlyMap<number, ProfileNode>, sites: Sites): Promise<Caller> {
  let library: PlacedFunction | undefined
  let sync: string | undefined
  for (let node: ProfileNode | undefined = leaf; node !== undefined; node = parents.get(node.id)) {
    const { functionName, url } = node.callFrame
    if (url.startsWith('node:')) {
      if (library === undefined && SYNC_FUNCTION.test(functionName) && SYNC_MODULE.test(url)) sync = functionName
      continue
    }
    const placed = url === '' ? undefined : await sites.findFunction(node.callFrame)
    if (placed === undefined) continue
    if (placed.owner === 'library') library ??= placed
    // If this project called a library, this project only passed on a call of the program. So the search continues.
    else if (placed.owner === 'program' || library === undefined) return { nearest: placed, library, sync }
  }
  return { nearest: undefined, library, sync }
}

function createCause(
  { callFrame }: ProfileNode,
  nearest: PlacedFunction | undefined,
  library: PlacedFunction | undefined,
  sync: string | undefined,
): Cause {
  const found = nearest ?? library
  if (found === undefined) return { kind: 'cpu', function: cutName(callFrame.functionName) || '(anonymous)' }
  const site: Site = pickSite(found)
  if (found.owner === 'osprofiler') return { kind: 'osprofiler' }
  if (sync !== undefined) return { kind: 'sync', what: sync, ...site }
  const via = nearest !== undefined && library !== undefined ? readPackage(library.file) : undefined
  return { kind: 'cpu', ...site, via }
}

/** Returns the name of the package that contains a library's file. */
function readPackage(file: string | undefined): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file ?? '')?.[1]
}
