import type { Agent } from 'node:http'
import * as https from 'node:https'
import { isIP, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

/** The times for opening a connection, in milliseconds: DNS lookup, TCP connection and TLS handshake. */
export interface ConnectTimes {
  /** Time of the DNS lookup. `undefined` if the host is an IP address. */
  readonly dns: number | undefined
  readonly tcp: number
  /** Time of the TLS handshake. `undefined` without TLS. */
  readonly tls: number | undefined
}

/** Opens a connection that the next request of an agent uses. */
export interface AheadOpening {
  /**
   * Opens the connection. Returns `undefined` on failure. The next request then tries again to open the connection. If
   * this fails as well, the request fails with the error.
   */
  open(signal: AbortSignal): Promise<ConnectTimes | undefined>
  /** Closes a connection that no request has used. */
  close(): void
}

/** Prepares an agent to use a connection that was opened before its request. */
export function openAhead(agent: Agent, url: URL): AheadOpening {
  const isSecure = agent instanceof https.Agent
  const connect = agent.createConnection.bind(agent)
  let ready: Socket | undefined
  agent.createConnection = (options, callback) => {
    const socket = ready
    ready = undefined
    return socket === undefined || socket.destroyed ? connect(options, callback) : socket
  }
  return {
    async open(signal) {
      if (signal.aborted || ready?.destroyed === false) return undefined
      const host = bareHostname(url)
      const began = performance.now()
      let foundAt: number | undefined
      let connectedAt = began
      // Uses the agent's own options, so that the connection is the same as one that the agent opens itself.
      const socket = connect({
        ...{ ...(agent as { options?: object }).options, host, port: Number(url.port) || (isSecure ? 443 : 80) },
        ...(isSecure && { servername: serverName(host) }),
      }) as Socket
      socket.once('lookup', () => (foundAt = isIP(host) === 0 ? performance.now() : undefined))
      socket.once('connect', () => (connectedAt = performance.now()))
      const isOpen = await untilOpen(socket, isSecure ? 'secureConnect' : 'connect', signal)
      if (!isOpen) return undefined
      ready = socket
      const now = performance.now()
      return {
        dns: foundAt === undefined ? undefined : foundAt - began,
        tcp: connectedAt - (foundAt ?? began),
        tls: isSecure ? now - connectedAt : undefined,
      }
    },
    close: () => void ready?.destroy(),
  }
}

function untilOpen(socket: Socket, event: string, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    const settle = (isOpen: boolean): void => {
      signal.removeEventListener('abort', giveUp)
      if (!isOpen) socket.destroy()
      resolve(isOpen)
    }
    const giveUp = (): void => settle(false)
    signal.addEventListener('abort', giveUp)
    socket.once(event, () => settle(true))
    // This listener stays while the connection waits for a request. Without the listener, a connection error would end
    // the command. With the listener, the request opens another connection.
    socket.on('error', giveUp)
  })
}

/** Returns the host of a URL without the brackets of an IPv6 address. */
export function bareHostname(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/**
 * Returns the name that the server's certificate must have. Without this name, Node would check the name in the `Host`
 * header, for which the server may have no certificate.
 */
export function serverName(hostname: string): string {
  return isIP(hostname) === 0 ? hostname : ''
}
