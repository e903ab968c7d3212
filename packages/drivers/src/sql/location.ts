import { type Host, showHost } from '../opening/connection-url.js'
import type { TlsFiles } from '../opening/url-options.js'

/**
 * How to verify the server's certificate. With `nothing`, any certificate is accepted. With `authority`, a trusted
 * authority must have issued the certificate. With `name`, the certificate must also be for the name of the host.
 */
export interface SqlTls extends TlsFiles {
  readonly verify: 'nothing' | 'authority' | 'name'
}

/**
 * The connect modes to try, in this order. The list contains `plain`, TLS settings, or both in either order. If TLS is
 * required or verified, TLS is the only mode.
 */
export type ConnectModes = readonly ConnectMode[]

/** How to connect: `plain`, which means without TLS, or with these TLS settings. */
export type ConnectMode = 'plain' | SqlTls

/** The servers of a database, the login, and the connect modes to try. */
export interface SqlServers {
  /** The hosts to try, in this order. */
  readonly hosts: readonly Host[]
  readonly modes: ConnectModes
  readonly user: string | undefined
  readonly password: string | undefined
  /** Time limit for one attempt to connect, in milliseconds. */
  readonly connectTimeoutMs: number
}

/** Returns the time limit for connecting, over all hosts and connect modes, in milliseconds. */
export function computeMaxConnectMs({ connectTimeoutMs, hosts, modes }: SqlServers): number {
  return connectTimeoutMs * hosts.length * modes.length
}

/** Returns whether a host is the path of a socket or of a directory of sockets. */
export function isSocketPath(host: string): boolean {
  return host.startsWith('/')
}

/** Formats an address for messages: `host:port`, or for a socket only its path. */
export function showAddress(host: Host): string {
  return isSocketPath(host.host) ? host.host : showHost(host)
}
