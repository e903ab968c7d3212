/** How long a request waited for a new connection: `requests.connection` of its stop record, in milliseconds. */
export interface ConnectionTimes {
  readonly connect_ms: number
  /** The parts of `connect_ms`. undici reports only the total. For an IP address, `dns_ms` is missing. */
  readonly dns_ms?: number | undefined
  readonly tcp_ms?: number | undefined
  readonly tls_ms?: number | undefined
  /** How long the event loop was busy during this time. The connection may have been ready up to this much earlier. */
  readonly busy_ms: number
}
