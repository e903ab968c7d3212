import type { PointInfo } from '@osprofiler/core'
import { redactPath, redactQuery } from '@osprofiler/core/toolkit'

/** Parts of an outgoing request that its point records. */
export interface OutgoingRequest {
  readonly scheme: string
  readonly method: string
  /** IPv6 without brackets. */
  readonly hostname: string
  /** Undefined on a Unix socket. */
  readonly port: number | undefined
  readonly path: string
  readonly query: string
  readonly socketPath?: string | undefined
}

/** Describes a request in `info.requests`, like OSProfiler's adapter for Python's `requests`. */
export function describeRequest(request: OutgoingRequest): PointInfo {
  const { method, hostname, port, scheme, socketPath } = request
  const path = redactPath(hostname, request.path)
  const query = request.query === '' ? '' : redactQuery(request.query)
  const requests = { method, query, path, hostname, port, scheme, socket_path: socketPath }
  return { requests }
}
