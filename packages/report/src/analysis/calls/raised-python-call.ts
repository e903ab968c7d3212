import { readField } from '../../tree/read-field.js'
import type { ReportNode } from '../../tree/report.js'

/**
 * Finds the call that is the reason why a point is unfinished, because of a bug in Python's OSProfiler 4.4.0. If a
 * request raises an exception, Python's hook for `requests` does not record the call's stop. Python then records the
 * stop of the enclosing point as the stop of the call, and so on outward. As a result, the outermost point has no stop.
 * The real stop of a call has a status or an error. A stop without either belongs to another point.
 */
export function findRaisedCall(unfinished: ReportNode): ReportNode | undefined {
  const waiting = unfinished.children.toReversed()
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node.service !== unfinished.service) continue
    if (isRaisedCall(node)) return node
    for (const child of node.children.toReversed()) waiting.push(child)
  }
  return undefined
}

function isRaisedCall({ name, start, stop }: ReportNode): boolean {
  return (
    (name === 'http' || name === 'https') &&
    readField(start, 'info', 'requests') !== undefined &&
    stop !== undefined &&
    readField(stop, 'info', 'requests') === undefined &&
    readField(stop, 'info', 'etype') === undefined
  )
}
