import { isIP } from 'node:net'
import { join } from 'node:path'
import { Math, Number, process, readRegularFile } from '@osprofiler/core/toolkit'

/** An IP address of a host, in the format of Node's `dns.lookup()`. `family` is 4 or 6. */
export interface HostAddress {
  readonly address: string
  readonly family: number
}

const MAX_FILE_BYTES = 4 * 1024 * 1024

/**
 * Returns the addresses that are known for a host without DNS: addresses in the machine's hosts file, and the addresses
 * of `localhost`.
 */
export function findKnownAddresses(name: string): readonly HostAddress[] {
  const host = name.toLowerCase().replace(/\.$/, '')
  if (isIP(host) !== 0) return [toAddress(host)]
  const found = readLines(findHostsFile()).flatMap(line => {
    const [address = '', ...names] = line.split(/\s+/)
    return isIP(address) !== 0 && names.some(one => one.toLowerCase() === host) ? [toAddress(address)] : []
  })
  if (found.length > 0 || !/(^|\.)localhost$/.test(host)) return found
  return [toAddress('127.0.0.1'), toAddress('::1')]
}

const RESOLVER_FILE = '/etc/resolv.conf'
/** The maximum value of the option `ndots` in glibc. */
const MAX_DOTS = 15

/**
 * Returns the names to query in DNS, in this order. Adds the system's search domains, which Node's resolver ignores.
 */
export function toFullNames(name: string): readonly string[] {
  if (name.endsWith('.')) return [name]
  const options: string[] = []
  let domains: readonly string[] = []
  for (const line of readLines(RESOLVER_FILE)) {
    const [word = '', ...rest] = line.split(/\s+/)
    // As in glibc, all lines with options apply. Of the lines with domains (`domain` or `search`), only the last line
    // applies.
    if (word === 'options') options.push(...rest)
    else if (word === 'search' && rest.length > 0) domains = rest
    else if (word === 'domain' && rest.length > 0) domains = rest.slice(0, 1)
  }
  const dots = options.flatMap(option => /^ndots:(\d+)/.exec(option)?.[1] ?? []).at(-1)
  const searched = domains.map(domain => `${name}.${domain.replace(/^\.|\.$/g, '')}`)
  const isFull = name.split('.').length - 1 >= Math.min(Number(dots ?? 1), MAX_DOTS)
  return isFull ? [name, ...searched] : [...searched, name]
}

function findHostsFile(): string {
  if (process.platform !== 'win32') return '/etc/hosts'
  return join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts')
}

/** Returns the lines of a file, without its comments. Returns no lines if the file cannot be read. */
function readLines(path: string): readonly string[] {
  try {
    const lines = readRegularFile(path, MAX_FILE_BYTES).toString('utf8').split('\n')
    return lines.map(line => line.replace(/[#;].*/, '').trim()).filter(line => line !== '')
  } catch {
    return []
  }
}

function toAddress(address: string): HostAddress {
  return { address, family: isIP(address) }
}
