import type { PointInfo } from '@osprofiler/core'
import { redactPath, redactQuery } from '@osprofiler/core/toolkit'

/** An outgoing request as its point tells it. */
export interface OutgoingRequest {
  readonly scheme: string
  readonly method: string
  /** Whom it names; IPv6 without brackets. */
  readonly hostname: string
  /** None on a Unix socket. */
  readonly port: number | undefined
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  readonly socketPath?: string | undefined
}

/** As OSProfiler's adapter for Python's `requests` has it: `info.requests`. */
export function describeRequest(request: OutgoingRequest): PointInfo {
  const { method, hostname, port, scheme, socketPath } = request
  const path = redactPath(hostname, request.path)
  const query = request.query === '' ? '' : redactQuery(request.query)
  const requests = { method, query, path, hostname, port, scheme, socket_path: socketPath }
  return { requests }
}
