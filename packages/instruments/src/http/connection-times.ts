/** How long a request waited for a new connection: `requests.connection` of its stop record, in milliseconds. */
export interface ConnectionTimes {
  readonly connect_ms: number
  /** The parts of `connect_ms`. undici reports only the total. For an IP address, `dns_ms` is missing. */
  readonly dns_ms?: number | undefined
  readonly tcp_ms?: number | undefined
  readonly tls_ms?: number | undefined
  /**
   * How long the event loop was busy while the request waited for the connection. The connection may have been ready
   * earlier than measured, by up to this time.
   */
  readonly busy_ms: number
}
