import { type Host, showHost } from '../opening/connection-url.js'
import type { TlsFiles } from '../opening/url-options.js'

/** How to speak TLS: with whoever answers, with a known authority's certificate in any name, or in the host's name. */
export interface SqlTls extends TlsFiles {
  readonly verify: 'nothing' | 'authority' | 'name'
}

/**
 * How a connection is made: plain, over TLS, or first this and then that way. TLS that has to be verified, or that is
 * not to be done without, has no other way beside it.
 */
export type Ways = readonly Way[]

export type Way = 'plain' | SqlTls

/** Where the servers of a database are, and how they are spoken to. */
export interface SqlServers {
  /** Tried one after the other. */
  readonly hosts: readonly Host[]
  readonly ways: Ways
  readonly user: string | undefined
  readonly password: string | undefined
  /** In milliseconds. */
  readonly connectPatience: number
}

/** Whether a host is a path: of a socket, or of a folder of sockets. */
export function isSocketPath(host: string): boolean {
  return host.startsWith('/')
}

/** An address for people. */
export function showAddress(host: Host): string {
  return isSocketPath(host.host) ? host.host : showHost(host)
}
