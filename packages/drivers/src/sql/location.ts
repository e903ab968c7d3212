import { type Host, showHost } from '../opening/connection-url.js'
import type { TlsFiles } from '../opening/url-options.js'

/** How to verify the server's certificate: not at all, by a known authority, or by authority and host name. */
export interface SqlTls extends TlsFiles {
  readonly verify: 'nothing' | 'authority' | 'name'
}

/** How to connect: plain, over TLS, or one after the other. TLS that is required or verified has no alternative. */
export type Ways = readonly Way[]

/** One way to connect: without TLS, or with these settings for TLS. */
export type Way = 'plain' | SqlTls

/** The servers of a database, the login, and the ways to connect. */
export interface SqlServers {
  /** Tried in this order. */
  readonly hosts: readonly Host[]
  readonly ways: Ways
  readonly user: string | undefined
  readonly password: string | undefined
  /** In milliseconds. */
  readonly connectPatience: number
}

/** Returns how long connecting may take over all hosts and ways, in milliseconds. */
export function longestConnectMs({ connectPatience, hosts, ways }: SqlServers): number {
  return connectPatience * hosts.length * ways.length
}

/** Whether a host is the path of a socket or of a folder of sockets. */
export function isSocketPath(host: string): boolean {
  return host.startsWith('/')
}

/** Formats an address for people: `host:port`, or only the path of a socket. */
export function showAddress(host: Host): string {
  return isSocketPath(host.host) ? host.host : showHost(host)
}
