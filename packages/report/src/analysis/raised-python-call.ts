import { readField } from '../tree/read-field.js'
import type { ReportNode } from '../tree/report.js'

/**
 * The call below an unfinished point that Python's hook for `requests` (OSProfiler 4.4.0) did not stop, for the request
 * raised. The next end of a point is then recorded as the call's, and so forth, and the outermost point has none left.
 * An end of the hook's own, or of ours, tells the status or the error.
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
