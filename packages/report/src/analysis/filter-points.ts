import { readCallSite } from '../tree/read-call-site.js'
import { readText } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { formatCallSite } from '../words/call-sites.js'
import { formatDuration } from '../words/format-duration.js'
import { pointDetail } from '../words/point-label.js'
import { shownName } from '../words/shown-name.js'

/** Conditions that a point must meet to be shown. A matching point is shown with the points above it. */
export interface PointFilter {
  /** Maximum number of levels; 1 shows only the points at the top. */
  readonly depth?: number | undefined
  /** Minimum duration in microseconds. Points of unknown duration are shown. */
  readonly minUs?: number | undefined
  /** Trace ids of the points to show, from `matchPoints`. */
  readonly filter?: ReadonlySet<string> | undefined
  readonly service?: string | undefined
}

/** The points that pass a filter, and the points above them. */
export interface FilteredPoints {
  readonly shown: ReadonlySet<ReportNode>
  /** The shown points that do not match, but have a match below them. */
  readonly onPath: ReadonlySet<ReportNode>
  /** The filter in words, for example `at least 3 ms, service "orders"`. */
  readonly words: string
}

/** Maximum number of characters that are searched in each field's text. */
const MAX_TEXT_CHARS = 20_000

/**
 * Returns the trace ids of the points whose `pointText` passes a test. A user's regular expression can take forever. So
 * run it on `report.points.map(pointText)` in a worker that can be stopped. Then pass a `test` that looks up the
 * results.
 */
export function matchPoints(report: Report, test: (text: string, index: number) => boolean): Set<string> {
  const matches = report.points.filter((node, index) => test(pointText(node), index))
  return new Set(matches.map(node => node.traceId))
}

/** Returns the searchable text of a point, one line per field. The text is not escaped. */
export function pointText(node: ReportNode): string {
  const { name, service, project, host, exception, traceId } = node
  const statement = readText(node.start, 'info', 'db', 'statement')
  const message = readText(node.stop, 'info', 'message')
  const detail = pointDetail(node)
  const site = readCallSite(node)
  const names = new Set([shownName(name), name])
  return [
    ...Array.from(names, known => `${known} ${detail}`.trimEnd()),
    statement,
    service,
    project,
    host,
    exception,
    message,
    traceId,
    site && formatCallSite(site),
  ]
    .filter(text => text !== undefined)
    .map(text => text.slice(0, MAX_TEXT_CHARS))
    .join('\n')
}

/** Returns the points that pass a filter, or `undefined` if the filter has no conditions. */
export function filterPoints(report: Report, options: PointFilter): FilteredPoints | undefined {
  const { depth = Infinity, minUs, filter, service } = options
  const words = describeFilter(options)
  if (words === '') return undefined
  const matches = (node: ReportNode): boolean =>
    (minUs === undefined || (node.durationUs ?? Infinity) >= minUs) &&
    (filter === undefined || filter.has(node.traceId)) &&
    (service === undefined || node.service === service)

  const onAnyPath = new Set<ReportNode>()
  const shown = new Set<ReportNode>()
  const onPath = new Set<ReportNode>()
  for (const node of report.points.toReversed()) {
    const isMatch = matches(node)
    if (!isMatch && !node.children.some(child => onAnyPath.has(child))) continue
    onAnyPath.add(node)
    if (node.depth >= depth) continue
    shown.add(node)
    if (!isMatch) onPath.add(node)
  }
  return { shown, onPath, words }
}

function describeFilter({ depth, minUs, filter, service }: PointFilter): string {
  return [
    depth === undefined || depth === Infinity ? '' : `${depth} ${depth === 1 ? 'level' : 'levels'} deep`,
    minUs === undefined ? '' : `at least ${formatDuration(minUs)}`,
    service === undefined ? '' : `service "${service}"`,
    filter === undefined ? '' : 'matching the filter',
  ]
    .filter(Boolean)
    .join(', ')
}
