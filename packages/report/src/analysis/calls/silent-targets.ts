import { asNumber } from '@osprofiler/core/json'
import { groupBy } from '../../tree/group-by.js'
import { readField } from '../../tree/read-field.js'
import { readStatus } from '../../tree/read-record.js'
import type { Report, ReportNode } from '../../tree/report.js'
import { isOutgoing } from './service-calls.js'

/** A host and port to which requests were sent, and the calls for which nothing was recorded there. */
export interface SilentTarget {
  /** Host and port, for example `catalog:8080`. */
  readonly target: string
  /** The answered calls with nothing recorded below them. There is at least one such call. */
  readonly silent: readonly ReportNode[]
  /** Whether all silent calls were sent without trace headers. */
  readonly isUnsigned: boolean
  /** How many calls to the same target have something recorded below them. */
  readonly reported: number
}

/** Returns the targets that answered outgoing requests without recording anything, in tree order. */
export function findSilentTargets(report: Report): SilentTarget[] {
  return Array.from(groupBy(report.points.filter(isOutgoing), readTarget), ([target, calls]) => {
    const silent = calls.filter(({ children, stop }) => children.length === 0 && readStatus(stop) !== undefined)
    return {
      target: target ?? '',
      silent,
      isUnsigned: silent.every(({ stop }) => readField(stop, 'info', 'requests', 'signed') === false),
      reported: calls.filter(({ children }) => children.length > 0).length,
    }
  }).filter(({ target, silent }) => target !== '' && silent.length > 0)
}

function readTarget(node: ReportNode): string | undefined {
  const hostname = readField(node.start, 'info', 'requests', 'hostname')
  if (typeof hostname !== 'string' || hostname === '') return undefined
  const port = readField(node.start, 'info', 'requests', 'port')
  return asNumber(port) !== undefined || typeof port === 'string' ? `${hostname}:${port}` : hostname
}
