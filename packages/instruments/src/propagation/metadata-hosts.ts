import { type AddressRange, type HostMatcher, isRangeWithin, matchRanges } from './address-ranges.js'

/**
 * Addresses at which clouds provide credentials. Some of them are private addresses, or are inside a wider range that a
 * rule may allow.
 */
const METADATA_RANGES: readonly AddressRange[] = [
  // Link-local: 169.254.169.254 in nearly every cloud, and 169.254.170.2 in Amazon's containers.
  ['169.254.0.0', 16],
  // Link-local: OpenStack's fe80::a9fe:a9fe.
  ['fe80::', 10],
  // Amazon's fd00:ec2::254. The range also contains Amazon's DNS resolver and time server.
  ['fd00:ec2::', 32],
  // Google's fd20:ce::254.
  ['fd20:ce::', 64],
  // Alibaba.
  ['100.100.100.200', 32],
  // Oracle.
  ['192.0.0.192', 32],
  // Azure's WireServer.
  ['168.63.129.16', 32],
  // 169.254.0.0/16 behind an IPv6 address translator (RFC 6052).
  ['64:ff9b::a9fe:0', 112],
]

const METADATA_NAMES = [
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'metadata.azure.internal',
  'metadata.tencentyun.com',
  'metadata.platformequinix.com',
  'rancher-metadata',
  'instance-data',
  'instance-data.ec2.internal',
]

const isMetadataAddress = matchRanges(METADATA_RANGES)

/** Returns whether a host, normalized by `normalizeHost`, is a cloud's metadata service. */
export const isMetadataHost: HostMatcher = host => {
  // The final dot of `metadata.` only turns off DNS search domains.
  return isMetadataAddress(host) || METADATA_NAMES.includes(host.replace(/\.$/, ''))
}

/** Returns whether a range contains only addresses of metadata services. */
export function isMetadataRange(address: string, bits: number): boolean {
  return METADATA_RANGES.some(range => isRangeWithin([address, bits], range))
}
