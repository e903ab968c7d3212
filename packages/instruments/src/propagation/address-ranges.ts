import { BlockList, isIP } from 'node:net'

/** Returns whether a rule matches a host. The host must be normalized by `normalizeHost`. */
export type HostMatcher = (host: string) => boolean

/** All addresses whose first `bits` bits equal those of `address`. */
export type AddressRange = readonly [address: string, bits: number]

/**
 * Returns a matcher for these ranges. It accepts IPv4 addresses, IPv6 addresses, and IPv4 addresses in IPv6 notation.
 */
export function matchRanges(ranges: readonly AddressRange[]): HostMatcher {
  const list = new BlockList()
  for (const [address, bits] of ranges) list.addSubnet(address, bits, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  return host => {
    const version = isIP(host)
    return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6')
  }
}

/**
 * Returns whether a range is completely inside another one. The inner range may use IPv6 notation for IPv4 addresses.
 */
export function isRangeWithin([address, bits]: AddressRange, outer: AddressRange): boolean {
  // In IPv6 notation, an IPv4 address has a prefix of 96 bits.
  const prefixBits = isIP(address) === 6 && isIP(outer[0]) === 4 ? 96 : 0
  return bits - prefixBits >= outer[1] && matchRanges([outer])(address)
}
