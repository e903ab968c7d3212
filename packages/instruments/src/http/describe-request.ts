import type { PointInfo } from '@osprofiler/core'
import { redactPath, redactQuery } from '@osprofiler/core/toolkit'

/** The parts of an outgoing request that its point records. */
export interface OutgoingRequest {
  readonly scheme: string
  readonly method: string
  /** An IPv6 address has no brackets. */
  readonly hostname: string
  /** Undefined for a Unix socket. */
  readonly port: number | undefined
  readonly path: string
  readonly query: string
  readonly socketPath?: string | undefined
}

/** Returns the info about a request, in the format of OSProfiler's adapter for Python's `requests`. */
export function describeRequest(request: OutgoingRequest): PointInfo {
  const { method, hostname, port, scheme, socketPath } = request
  const path = redactPath(hostname, request.path)
  const query = request.query === '' ? '' : redactQuery(request.query)
  const requests = { method, query, path, hostname, port, scheme, socket_path: socketPath }
  return { requests }
}
