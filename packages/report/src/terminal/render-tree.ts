import { type FilteredPoints, filterPoints, type PointFilter } from '../analysis/filter-points.js'
import { type Finding, summarize } from '../findings/summarize.js'
import type { Report } from '../tree/report.js'
import { showText } from '../words/escape-control.js'
import { formatCount, formatDuration } from '../words/format-duration.js'
import { drawLines } from './draw-lines.js'
import { fitText, wrapText } from './fit-text.js'
import { ASCII, type Glyphs, UNICODE } from './glyphs.js'
import { listLines } from './list-lines.js'
import { createPaint, type Paint, type Style } from './paint.js'
import { planRows } from './plan-rows.js'

/** How to draw, and which points: see `PointFilter`. */
export interface RenderTreeOptions extends PointFilter {
  /** The terminal's columns; no line is longer. At least 20. Default: 80. */
  readonly width?: number | undefined
  /** Whether to colour with ANSI escapes. Default: false. */
  readonly color?: boolean | undefined
  /** Whether lines, bars and signs may be other than ASCII; text from records stays as it is. Default: true. */
  readonly unicode?: boolean | undefined
  /** At most so many rows of the tree, 10,000 in any case; what is left out is counted. Default: 200. */
  readonly maxRows?: number | undefined
}

const SERVICE_STYLES: readonly Style[] = ['cyan', 'green', 'magenta', 'blue', 'yellow']
const MAX_WIDTH = 1000
/** A terminal that is no wider gets short quotes. */
const NARROW = 100
/** What a sentence says beside what it quotes takes about so many columns. */
const OTHER_WORDS = 80
const MAX_ROWS = 10_000
const MAX_SERVICE_WIDTH = 40
const MAX_SERVICES_NAMED = 8

/**
 * Draws a report for a terminal: the tree with services, durations and bars on a time line, repetitions folded; what to
 * look at, in words; and a line with the trace's id, duration, number of points, and services. Ends with a line break.
 *
 * Text from records is shown by `escapeControl`: no control, bidirectional or invisible character of a record reaches
 * the terminal. The drawing is bounded by `maxRows`, however large or deep the trace is. What a filter leaves out is
 * counted where it would stand; what to look at is said of the whole trace all the same.
 */
export function renderTree(report: Report, options: RenderTreeOptions = {}): string {
  const { width = 80, color = false, unicode = true, maxRows = 200 } = options
  const columns = Number.isFinite(width) ? Math.min(MAX_WIDTH, Math.max(20, Math.floor(width))) : 80
  const glyphs = unicode ? UNICODE : ASCII
  const paint = createPaint(color)
  const services = listServices(report)
  const findings = summarize(report, { longestQuote: quoteIn(columns) })
  const notable = new Set(findings.flatMap(({ share, traceIds }) => (share === undefined ? [] : traceIds)))
  const filtered = filterPoints(report, options)
  const plan = planRows(report, Math.min(MAX_ROWS, Math.max(1, maxRows)), filtered)
  const lines = listLines(plan, glyphs)
  return [
    ...drawLines(lines, report.durationUs ?? 0, { columns, glyphs, paint, services, notable }),
    ...drawFindings(findings, columns, glyphs, paint),
    '',
    ...drawSummary(report, [...services.keys()], columns, glyphs).map(line => paint(line, 'bold')),
    ...drawFilter(report, filtered, columns, glyphs).map(line => paint(line, 'yellow')),
    '',
  ].join('\n')
}

/** How much a sentence may quote, so that it takes two lines at most. */
function quoteIn(columns: number): number | undefined {
  return columns <= NARROW ? undefined : 2 * columns - OTHER_WORDS
}

function drawFindings(findings: readonly Finding[], columns: number, glyphs: Glyphs, paint: Paint): string[] {
  if (findings.length === 0) return []
  const lines = findings.flatMap(({ kind, share, sentence }) => {
    const style = kind === 'failed' ? 'red' : share === undefined && kind !== 'critical' ? 'yellow' : undefined
    const text = showText(sentence.replaceAll('µs', glyphs.micro))
    return wrapText(text, columns - 4).map(
      (line, index) => `  ${index === 0 ? glyphs.bullet : '  '}${paint(line, style)}`,
    )
  })
  return ['', paint('What to look at', 'bold'), ...lines]
}

function drawSummary(report: Report, services: readonly string[], columns: number, glyphs: Glyphs): string[] {
  const { baseId, durationUs, points } = report
  const named = services.slice(0, MAX_SERVICES_NAMED).map(name => fitText(name, MAX_SERVICE_WIDTH, glyphs.ellipsis))
  if (services.length > named.length) named.push(`${formatCount(services.length - named.length)} more`)
  const parts = [
    `Trace ${baseId === undefined ? 'without an id' : showText(baseId)}`,
    durationUs === undefined ? 'unknown duration' : formatDuration(durationUs, glyphs.micro),
    `${formatCount(points.length)} ${points.length === 1 ? 'point' : 'points'}`,
    named.length === 0 ? 'no service named' : `${named.length === 1 ? 'service' : 'services'} ${named.join(', ')}`,
  ]
  return wrapText(parts.join(glyphs.separator), columns)
}

/** Says that the tree is not the whole one. */
function drawFilter(report: Report, filtered: FilteredPoints | undefined, columns: number, glyphs: Glyphs): string[] {
  if (filtered === undefined) return []
  const count = filtered.shown.size - filtered.onPath.size
  const path = filtered.onPath.size === 0 ? '' : `, and ${formatCount(filtered.onPath.size)} that lead to them`
  const words = fitText(showText(filtered.words.replaceAll('µs', glyphs.micro)), 200, glyphs.ellipsis)
  const all = formatCount(report.points.length)
  return wrapText(`Shown: ${formatCount(count)} of ${all} points${path} (${words})`, columns)
}

/** The services as they are shown, in the order of their first points, each with its colour. */
function listServices(report: Report): Map<string, Style | undefined> {
  const services = new Map<string, Style | undefined>()
  for (const { service } of report.points) {
    const shown = showText(service)
    if (shown !== '' && !services.has(shown)) {
      services.set(shown, SERVICE_STYLES[services.size % SERVICE_STYLES.length])
    }
  }
  return services
}
