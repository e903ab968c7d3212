import { asNumber } from '@osprofiler/core/json'
import { readField } from '../tree/read-field.js'
import { readStatus } from '../tree/read-record.js'
import type { Report, ReportNode } from '../tree/report.js'
import { isOutgoing } from './service-calls.js'

/** What the calls to one target left behind. */
export interface SilentTarget {
  /** `catalog:8080` */
  readonly target: string
  /** The calls that were answered, by a service that recorded nothing below them; at least one. */
  readonly silent: readonly ReportNode[]
  /** How many calls to the same target have something below them. */
  readonly reported: number
}

/** The targets of outgoing requests that answered and recorded nothing, in tree order. */
export function findSilentTargets(report: Report): SilentTarget[] {
  const targets = new Map<string, { target: string; silent: ReportNode[]; reported: number }>()
  for (const node of report.points) {
    if (!isOutgoing(node)) continue
    const target = readTarget(node)
    if (target === undefined) continue
    let found = targets.get(target)
    if (found === undefined) {
      found = { target, silent: [], reported: 0 }
      targets.set(target, found)
    }
    if (node.children.length > 0) found.reported++
    else if (readStatus(node.stop) !== undefined) found.silent.push(node)
  }
  return [...targets.values()].filter(({ silent }) => silent.length > 0)
}

function readTarget(node: ReportNode): string | undefined {
  const hostname = readField(node.start, 'info', 'requests', 'hostname')
  if (typeof hostname !== 'string' || hostname === '') return undefined
  const port = readField(node.start, 'info', 'requests', 'port')
  return asNumber(port) !== undefined || typeof port === 'string' ? `${hostname}:${port}` : hostname
}
