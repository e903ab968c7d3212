import type { ReportNode } from '../tree/report.js'
import { pointDetail } from '../words/point-label.js'

const MAX_TEXT_LENGTH = 200

/** Returns a point's name and detail, short enough for the box that a viewer draws. */
export function exportLabel(node: ReportNode): string {
  return cut(`${cut(node.name)} ${cut(pointDetail(node))}`.trimEnd())
}

/** Returns the service of a point as trace viewers show the service, short enough for their lists. */
export function exportService({ service }: ReportNode): string {
  return service === undefined ? '(no service)' : cut(service)
}

function cut(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH - 3)}...`
}
