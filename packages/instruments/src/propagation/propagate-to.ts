import { remember, TypeError, URL, WeakSet } from '@osprofiler/core/toolkit'
import { type HostMatcher, matchRanges } from './address-ranges.js'
import { hostKey, readHostRule } from './host-rule.js'
import { isMetadataHost } from './metadata-hosts.js'

/**
 * Who may receive the headers of a trace: an exact host (`catalog.example`), the names below one (`*.example`), an
 * address or a range (`10.0.0.0/8`, `fd00::/8`), or a function of the URL that returns true. Texts look at the host
 * alone, never at the port or anything else of the URL.
 */
export type PropagationRule = string | ((url: URL) => boolean)

/** Rules, of which one must hold; or rules in one text, split at commas. */
export type PropagationRules = PropagationRule | readonly PropagationRule[]

/** Whether the headers of a trace may be sent to a URL. Never throws; what is no HTTP URL gets none. */
export type Propagation = (url: URL | string) => boolean

const isPrivate = matchRanges([
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::1', 128],
  ['fc00::', 7],
])

/**
 * Decides who may receive the headers of a trace, since whoever has them can add to it for as long as they are valid.
 *
 * Without rules: loopback and private addresses, and names without a dot (`localhost`, `catalog`). Rules take the
 * place of these; to keep both, put `createPropagation()` among them. An empty list is nobody. A function that throws
 * says no.
 *
 * A cloud's metadata service, where machines get their credentials, is in no default and in no wider range: only a rule
 * that names its address, its block or its host sends headers there, or a function.
 *
 * @throws TypeError that names the rule which is none.
 * @example
 * instrument(undefined, { propagateTo: [createPropagation(), '*.svc.cluster.local'] })
 */
export function createPropagation(propagateTo?: PropagationRules): Propagation {
  const { isHost, matchers } = readRules(propagateTo)
  const propagation: Propagation = target => {
    const url = readUrl(target)
    if (url === undefined) return false
    return isHost(hostKey(url)) || matchers.some(matches => matches(url))
  }
  if (matchers.length === 0) ofHosts.add(propagation)
  return propagation
}

const ofHosts = new WeakSet<Propagation>()

/** Whether it has no function among its rules, and so gives all URLs of a host the same answer. */
export function looksAtHostOnly(propagation: Propagation): boolean {
  return ofHosts.has(propagation)
}

type UrlMatcher = (url: URL) => boolean

interface Rules {
  readonly isHost: HostMatcher
  readonly matchers: readonly UrlMatcher[]
}

/** To look through ranges of addresses takes a while. */
const MAX_REMEMBERED = 1_000
// The longest name of a host.
const MAX_HOST = 253

function readRules(propagateTo: PropagationRules | undefined): Rules {
  if (propagateTo === undefined) return { isHost: remember(isLocal, MAX_REMEMBERED, MAX_HOST), matchers: [] }
  const rules: readonly unknown[] = typeof propagateTo === 'string' ? splitRules(propagateTo) : [propagateTo].flat()
  const hosts = rules.filter(rule => typeof rule === 'string').map(rule => readHostRule(rule.trim()))
  return {
    isHost: remember(host => hosts.some(matches => matches(host)), MAX_REMEMBERED, MAX_HOST),
    matchers: rules.filter(rule => typeof rule !== 'string').map(readFunction),
  }
}

function splitRules(text: string): readonly string[] {
  return text
    .split(',')
    .map(rule => rule.trim())
    .filter(rule => rule !== '')
}

function readFunction(rule: unknown): UrlMatcher {
  if (typeof rule !== 'function') {
    throw new TypeError(`propagateTo takes hosts and functions, not a value of type ${typeof rule}`)
  }
  return url => {
    try {
      // A copy: the function may write into it, and other rules are asked about the same URL.
      return rule(new URL(url)) === true
    } catch {
      return false
    }
  }
}

const isLocal: HostMatcher = host => !isMetadataHost(host) && (isPrivate(host) || !/[.:]/.test(host))

function readUrl(target: URL | string): URL | undefined {
  const url = typeof target === 'string' ? (URL.canParse(target) ? new URL(target) : undefined) : target
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}
