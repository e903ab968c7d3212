import { pointDetail } from './point-label.js'
import { readText } from './read-field.js'
import { readRoute } from './read-record.js'
import type { ReportNode } from './report.js'

const LONGEST = 200

/** A point's name and what it did, short enough for the box that a viewer draws. */
export function exportLabel(node: ReportNode): string {
  return cut(`${cut(node.name)} ${cut(pointDetail(node))}`.trimEnd())
}

/** The name of a span, which by OpenTelemetry's conventions many spans share: `GET /orders/:id` where the route is known. */
export function exportSpanName(node: ReportNode): string {
  const route = readRoute(node)
  if (route === undefined) return exportLabel(node)
  return cut(`${readText(node.start, 'info', 'request', 'method') ?? 'HTTP'} ${cut(route)}`)
}

/** A service as viewers name it. */
export function exportService({ service }: ReportNode): string {
  return service === undefined ? '(no service)' : cut(service)
}

function cut(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 3)}...`
}
