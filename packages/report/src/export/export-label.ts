import type { ReportNode } from '../tree/report.js'
import { pointDetail } from '../words/point-label.js'

const MAX_LABEL_CHARS = 200

/** Returns a point's name and detail, short enough for a box in a trace viewer. */
export function createExportLabel(node: ReportNode): string {
  return cutText(`${cutText(node.name)} ${cutText(pointDetail(node))}`.trimEnd())
}

/** Returns the name of a point's service for trace viewers, short enough for their lists. */
export function nameExportService({ service }: ReportNode): string {
  return service === undefined ? '(no service)' : cutText(service)
}

/** Shortens a text for a box in a trace viewer. */
export function cutText(text: string): string {
  return text.length <= MAX_LABEL_CHARS ? text : `${text.slice(0, MAX_LABEL_CHARS - 3)}...`
}
