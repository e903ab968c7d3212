import { BlockList, isIP } from 'node:net'

/** Whether a host, as `hostKey` gives it, is meant. */
export type HostMatcher = (host: string) => boolean

/** The addresses that have so many first bits in common with this one. */
export type AddressRange = readonly [address: string, bits: number]

/** Whether an address (IPv4, IPv6, or IPv4 written as IPv6) is in one of these ranges. */
export function matchRanges(ranges: readonly AddressRange[]): HostMatcher {
  const list = new BlockList()
  for (const [address, bits] of ranges) list.addSubnet(address, bits, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  return host => {
    const version = isIP(host)
    return version !== 0 && list.check(host, version === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Whether all of a range is in another one. */
export function isWithin([address, bits]: AddressRange, outer: AddressRange): boolean {
  // IPv4 written as IPv6 has 96 bits before its own.
  const before = isIP(address) === 6 && isIP(outer[0]) === 4 ? 96 : 0
  return bits - before >= outer[1] && matchRanges([outer])(address)
}
