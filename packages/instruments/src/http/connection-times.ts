/** How long a request waited for a new connection: `requests.connection` of its stop record, in milliseconds. */
export interface ConnectionTimes {
  readonly connect_ms: number
  /** The parts of `connect_ms`. undici reports only the whole, and an IP address is not resolved. */
  readonly dns_ms?: number | undefined
  readonly tcp_ms?: number | undefined
  readonly tls_ms?: number | undefined
  /** How long the event loop was busy meanwhile, so that the connection may have been ready earlier. */
  readonly busy_ms: number
}
