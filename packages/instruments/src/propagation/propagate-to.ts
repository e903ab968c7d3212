import { remember, TypeError, URL, WeakSet } from '@osprofiler/core/toolkit'
import { type HostMatcher, matchRanges } from './address-ranges.js'
import { normalizeHost, parseHostRule } from './host-rule.js'
import { isMetadataHost } from './metadata-hosts.js'

/**
 * A receiver of trace headers: a host (`catalog.example`), the names below one (`*.example`), an address, a range
 * (`10.0.0.0/8`, `fd00::/8`), or a function that returns true. Strings apply to the host, with any port and path.
 */
export type PropagationRule = string | ((url: URL) => boolean)

/** One rule, several of which one must apply, or a string of rules split at commas. */
export type PropagationRules = PropagationRule | readonly PropagationRule[]

/** Whether trace headers may be sent to a URL. Never throws. Returns false for a URL that is not HTTP. */
export type Propagation = (url: URL | string) => boolean

const isPrivateAddress = matchRanges([
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::1', 128],
  ['fc00::', 7],
])

/**
 * Returns a function that decides who may receive trace headers. Until they expire, any receiver can add to the trace.
 *
 * Without rules: loopback and private addresses, and names without a dot (`localhost`, `catalog`). Rules replace this
 * default, which the rule `createPropagation()` adds again. An empty list allows no host. A function that throws means
 * no. The metadata service of a cloud, where machines get their credentials, is part of no default and no wider range.
 * Only a function, or a rule for its address, block or host allows it.
 *
 * @throws TypeError that names the malformed rule.
 * @example
 * instrument(undefined, { propagateTo: [createPropagation(), '*.svc.cluster.local'] })
 */
export function createPropagation(propagateTo?: PropagationRules): Propagation {
  const { isHost: isAllowedHost, matchers } = parseRules(propagateTo)
  const propagation: Propagation = target => {
    const url = readUrl(target)
    if (url === undefined) return false
    return isAllowedHost(normalizeHost(url)) || matchers.some(matches => matches(url))
  }
  if (matchers.length === 0) hostOnlyPropagations.add(propagation)
  return propagation
}

const hostOnlyPropagations = new WeakSet<Propagation>()

/** Whether no rule is a function, so that all URLs of a host get the same answer. */
export function dependsOnHostOnly(propagation: Propagation): boolean {
  return hostOnlyPropagations.has(propagation)
}

type UrlMatcher = (url: URL) => boolean

interface Rules {
  readonly isHost: HostMatcher
  readonly matchers: readonly UrlMatcher[]
}

/** Answers are remembered, because the search through address ranges takes a while. */
const MAX_REMEMBERED_HOSTS = 1_000
const MAX_HOST_CHARS = 253

function parseRules(propagateTo: PropagationRules | undefined): Rules {
  if (propagateTo === undefined)
    return { isHost: remember(isLocalHost, MAX_REMEMBERED_HOSTS, MAX_HOST_CHARS), matchers: [] }
  const rules: readonly unknown[] = typeof propagateTo === 'string' ? splitRules(propagateTo) : [propagateTo].flat()
  const hosts = rules.filter(rule => typeof rule === 'string').map(rule => parseHostRule(rule.trim()))
  return {
    isHost: remember(host => hosts.some(matches => matches(host)), MAX_REMEMBERED_HOSTS, MAX_HOST_CHARS),
    matchers: rules.filter(rule => typeof rule !== 'string').map(wrapFunctionRule),
  }
}

function splitRules(text: string): readonly string[] {
  return text
    .split(',')
    .map(rule => rule.trim())
    .filter(rule => rule !== '')
}

function wrapFunctionRule(rule: unknown): UrlMatcher {
  if (typeof rule !== 'function') {
    throw new TypeError(`propagateTo takes hosts and functions, not a value of type ${typeof rule}`)
  }
  return url => {
    try {
      // A copy, because the function may change the URL before the next rule sees it.
      return rule(new URL(url)) === true
    } catch {
      return false
    }
  }
}

const isLocalHost: HostMatcher = host => !isMetadataHost(host) && (isPrivateAddress(host) || !/[.:]/.test(host))

function readUrl(target: URL | string): URL | undefined {
  const url = typeof target === 'string' ? (URL.canParse(target) ? new URL(target) : undefined) : target
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}
