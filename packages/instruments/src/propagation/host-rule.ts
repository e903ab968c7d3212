import { isIP } from 'node:net'
import { JSON, Number, TypeError, URL } from '@osprofiler/core/toolkit'
import { type HostMatcher, matchRanges } from './address-ranges.js'
import { isMetadataHost, isMetadataRange } from './metadata-hosts.js'

/**
 * Returns the host of a URL in the form that rules use: lowercase, in Punycode, and IPv6 without brackets. A name with
 * several labels has no final dot. The URL parser has already normalized unusual forms of IPv4 (`127.1`, `0x7f000001`).
 */
export function normalizeHost({ hostname }: URL): string {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  // `catalog.` keeps its dot. The dot turns off DNS search domains, so the name may be a public top-level domain.
  return host.endsWith('.') && /^[^.].*\..*[^.]\.$/.test(host) ? host.slice(0, -1) : host
}

/**
 * Parses a rule: a host, `*.suffix` (all subdomains of a host), an address or a CIDR block. A suffix or range that
 * happens to include a cloud's metadata service does not apply to that service.
 *
 * @throws TypeError for any other string.
 */
export function parseHostRule(rule: string): HostMatcher {
  if (rule.startsWith('*.')) return matchSuffix(parseName(rule.slice(2), rule))
  const [address = '', bits, ...more] = rule.replace(/^\[(.*)\](?=\/|$)/, '$1').split('/')
  if (isIP(address) === 0 && bits === undefined) return matchName(parseName(rule, rule))
  // An IPv6 zone, such as `%eth0`, selects a network interface. A URL cannot contain a zone.
  if (isIP(address) === 0 || address.includes('%') || more.length > 0) throw createRuleError(rule)
  return matchAddresses(address, bits, rule)
}

function matchAddresses(address: string, bits: string | undefined, rule: string): HostMatcher {
  const addressBits = isIP(address) === 4 ? 32 : 128
  if (bits !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(bits)) throw createRuleError(rule)
  const prefixBits = bits === undefined ? addressBits : Number(bits)
  if (prefixBits > addressBits) throw createRuleError(rule)
  const matches = matchRanges([[address, prefixBits]])
  return isMetadataRange(address, prefixBits) ? matches : host => matches(host) && !isMetadataHost(host)
}

function matchName(name: string): HostMatcher {
  return host => host === name
}

function matchSuffix(name: string): HostMatcher {
  return host => host.length > name.length + 1 && host.endsWith(`.${name}`) && !isMetadataHost(host)
}

/** Returns the host name in the form that `URL` uses, so that it can be compared with the host of a request. */
function parseName(name: string, rule: string): string {
  // Other parts of a URL are refused rather than ignored, because the author of the rule meant something by them.
  if (/[\s/\\:@?#%*[\]]/.test(name) || !URL.canParse(`http://${name}/`)) throw createRuleError(rule)
  const host = normalizeHost(new URL(`http://${name}/`))
  if (host.split('.').includes('') && !/^[^.]+\.$/.test(host)) throw createRuleError(rule)
  return host
}

function createRuleError(rule: string): TypeError {
  const shown = JSON.stringify(rule.replace(/(\/\/|:)[^/@]*@/, '$1***@').slice(0, 100))
  return new TypeError(
    `propagateTo has the rule ${shown}. Write a host ("catalog.example"), "*.example", an address or a range ("10.0.0.0/8"), without scheme, port and path.`,
  )
}
