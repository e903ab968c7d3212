import { BlockList, isIP } from 'node:net'

/** Whether a rule applies to a host, given in the spelling of `hostKey`. */
export type HostMatcher = (host: string) => boolean

/** All addresses that share their first `bits` bits with this one. */
export type AddressRange = readonly [address: string, bits: number]

/** Matches IPv4, IPv6, and IPv4 addresses that are written as IPv6. */
export function matchRanges(ranges: readonly AddressRange[]): HostMatcher {
  const list = new BlockList()
  for (const [address, bits] of ranges) list.addSubnet(address, bits, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  return host => {
    const version = isIP(host)
    return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Returns whether all addresses of a range are in another one. The inner range may write IPv4 as IPv6. */
export function isRangeWithin([address, bits]: AddressRange, outer: AddressRange): boolean {
  // An IPv4 address that is written as IPv6 has 96 bits before its own.
  const prefixBits = isIP(address) === 6 && isIP(outer[0]) === 4 ? 96 : 0
  return bits - prefixBits >= outer[1] && matchRanges([outer])(address)
}
