import { remember, TypeError, URL, WeakSet } from '@osprofiler/core/toolkit'
import { type HostMatcher, matchRanges } from './address-ranges.js'
import { normalizeHost, parseHostRule } from './host-rule.js'
import { isMetadataHost } from './metadata-hosts.js'

/**
 * A rule for receivers of trace headers: a host (`catalog.example`), all subdomains of a host (`*.example`), an
 * address, a range (`10.0.0.0/8`, `fd00::/8`), or a function. A function allows a URL by returning true. Strings match
 * only the host, with any port and path.
 */
export type PropagationRule = string | ((url: URL) => boolean)

/** One rule, a list of rules, or a comma-separated string of rules. At least one rule must match. */
export type PropagationRules = PropagationRule | readonly PropagationRule[]

/** Returns whether trace headers may be sent to a URL. Never throws. Returns false if the URL is not an HTTP URL. */
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
 * Returns a function that decides which servers may receive trace headers. Until the headers expire, every server that
 * receives them can add records to the trace.
 *
 * If there are no rules, the default allows loopback and private addresses, and names without a dot (`localhost`,
 * `catalog`). Rules replace this default. To keep the default, add `createPropagation()` as a rule. An empty list
 * allows no host. If a function throws, its rule does not match. A cloud's metadata service, from which machines get
 * their credentials, is excluded from the default and from any wider range. It can be allowed only by a function, or by
 * a rule for exactly its address, range or host.
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

/** Returns whether the decision depends only on the host, because no rule is a function. */
export function dependsOnHostOnly(propagation: Propagation): boolean {
  return hostOnlyPropagations.has(propagation)
}

type UrlMatcher = (url: URL) => boolean

interface Rules {
  readonly isHost: HostMatcher
  readonly matchers: readonly UrlMatcher[]
}

/** Decisions are cached, because matching address ranges is slow. */
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
      // The function gets a copy, because it may change the URL before the next rule sees it.
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
