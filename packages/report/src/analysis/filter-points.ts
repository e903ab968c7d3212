import { readText } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { formatDuration } from '../words/format-duration.js'
import { pointDetail } from '../words/point-label.js'
import { shownName } from '../words/shown-name.js'

/** Which points to show. A point that is one of these is shown with the path that leads to it. */
export interface PointFilter {
  /** Only so many levels: with 1, what stands at the top. */
  readonly depth?: number | undefined
  /** Only what took so many microseconds, or nobody knows how long. */
  readonly minUs?: number | undefined
  /** Only these, by their trace ids: see `matchPoints`. */
  readonly filter?: ReadonlySet<string> | undefined
  /** Only what this service did. */
  readonly service?: string | undefined
}

/** The points that a filter leaves. */
export interface FilteredPoints {
  readonly shown: ReadonlySet<ReportNode>
  /** Those of them that are only there because of what is below them. */
  readonly onPath: ReadonlySet<ReportNode>
  /** The filter in words: `at least 3 ms, service "orders"`. */
  readonly words: string
}

/** More of a text is not looked through. */
const MAX_TEXT_LENGTH = 20_000

/**
 * The trace ids of the points whose text (`pointText`) passes a test.
 *
 * A test that runs an expression of a user's can take for ever: let it run where it can be stopped, over all texts of
 * `report.points.map(pointText)`, and look its results up here.
 */
export function matchPoints(report: Report, test: (text: string, index: number) => boolean): Set<string> {
  const matches = report.points.filter((node, index) => test(pointText(node), index))
  return new Set(matches.map(node => node.traceId))
}

/**
 * What one may search a point for, a line each: its name and what it did, its whole statement, service, project, host,
 * exception and message, and its id. It still holds whatever the records held.
 */
export function pointText(node: ReportNode): string {
  const { name, service, project, host, exception, traceId } = node
  const statement = readText(node.start, 'info', 'db', 'statement')
  const message = readText(node.stop, 'info', 'message')
  const said = pointDetail(node)
  const names = new Set([shownName(name), name])
  return [
    ...Array.from(names, known => `${known} ${said}`.trimEnd()),
    statement,
    service,
    project,
    host,
    exception,
    message,
    traceId,
  ]
    .filter(text => text !== undefined)
    .map(text => text.slice(0, MAX_TEXT_LENGTH))
    .join('\n')
}

/** The points that a filter leaves; `undefined` where it leaves all out of having nothing to ask for. */
export function filterPoints(report: Report, options: PointFilter): FilteredPoints | undefined {
  const { depth = Infinity, minUs, filter, service } = options
  const words = describe(options)
  if (words === '') return undefined
  const asks = (node: ReportNode): boolean =>
    (minUs === undefined || (node.durationUs ?? Infinity) >= minUs) &&
    (filter === undefined || filter.has(node.traceId)) &&
    (service === undefined || node.service === service)

  const leads = new Set<ReportNode>()
  const shown = new Set<ReportNode>()
  const onPath = new Set<ReportNode>()
  // Backwards, children stand before their parents.
  for (const node of report.points.toReversed()) {
    const isAsked = asks(node)
    if (!isAsked && !node.children.some(child => leads.has(child))) continue
    leads.add(node)
    if (node.depth >= depth) continue
    shown.add(node)
    if (!isAsked) onPath.add(node)
  }
  return { shown, onPath, words }
}

function describe({ depth, minUs, filter, service }: PointFilter): string {
  return [
    depth === undefined || depth === Infinity ? '' : `${depth} ${depth === 1 ? 'level' : 'levels'} deep`,
    minUs === undefined ? '' : `at least ${formatDuration(minUs)}`,
    service === undefined ? '' : `service "${service}"`,
    filter === undefined ? '' : 'what matches the filter',
  ]
    .filter(Boolean)
    .join(', ')
}
