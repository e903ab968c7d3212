import { asNumber } from '@osprofiler/core/json'
import { isContainer, readField } from '../tree/read-field.js'
import { readStatus } from '../tree/read-record.js'
import type { Report, ReportNode } from '../tree/report.js'

/**
 * A call from one service to another that both recorded: the caller's point, and the callee's below it. What the caller
 * waited and the callee did not work lies between them: the network, queues, and the reading of bodies.
 */
export interface Hop {
  readonly caller: ReportNode
  readonly callee: ReportNode
  /** From the caller's start to the callee's, in microseconds; below 0 where their clocks disagree. */
  readonly beforeUs: number
  /** From the callee's end to the caller's; below 0 where clocks disagree or an answer outlasts the call. */
  readonly afterUs: number
  /** Both together: right whatever the clocks say, as it compares two durations. Never below 0. */
  readonly betweenUs: number
}

/** What the calls to one target left behind. */
export interface SilentTarget {
  /** `catalog:8080` */
  readonly target: string
  /** The calls that were answered, by a service that recorded nothing below them; at least one. */
  readonly silent: readonly ReportNode[]
  /** How many calls to the same target have something below them. */
  readonly reported: number
}

/** Whether a point is an outgoing request. */
export function isOutgoing(node: ReportNode): boolean {
  return node.name === 'http' || node.name === 'https' || isContainer(readField(node.start, 'info', 'requests'))
}

/** Whether a point is an outgoing request whose answer nobody read: it ended at the head, and its callee may end later. */
export function isUnread(node: ReportNode): boolean {
  return readField(node.stop, 'info', 'requests', 'unread') === true
}

/** Whether a point is a served request. */
export function isServed(node: ReportNode): boolean {
  return node.name === 'wsgi' || isContainer(readField(node.start, 'info', 'request'))
}

/** The calls of a trace that both sides recorded whole, in tree order. Of several callees below one call, each is one. */
export function findHops(report: Report): Hop[] {
  return report.points.filter(isOutgoing).flatMap(caller => caller.children.flatMap(callee => toHop(caller, callee)))
}

function toHop(caller: ReportNode, callee: ReportNode): Hop[] {
  const { startedUs, finishedUs, durationUs } = caller
  if (startedUs === undefined || finishedUs === undefined || durationUs === undefined) return []
  if (callee.startedUs === undefined || callee.finishedUs === undefined || callee.durationUs === undefined) return []
  if (!isServed(callee)) return []
  return [
    {
      caller,
      callee,
      beforeUs: callee.startedUs - startedUs,
      afterUs: finishedUs - callee.finishedUs,
      betweenUs: Math.max(0, durationUs - callee.durationUs),
    },
  ]
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
