import { type FilteredPoints, filterPoints, type PointFilter } from '../analysis/filter-points.js'
import type { Finding } from '../findings/finding.js'
import { summarize } from '../findings/summarize.js'
import type { Report } from '../tree/report.js'
import { describeAccounts, describeMissingAccounts } from '../why/describe-accounts.js'
import { showText } from '../words/escape-control.js'
import { formatCount, formatCounted, formatDuration } from '../words/format-duration.js'
import { type Canvas, createCanvas, type TerminalOptions } from './canvas.js'
import { drawLines } from './draw-lines.js'
import { fitText, wrapText } from './fit-text.js'
import { listLines } from './list-lines.js'
import type { Style } from './paint.js'
import { planRows } from './plan-rows.js'

/** Options of `renderTree`. */
export interface RenderTreeOptions extends PointFilter, TerminalOptions {
  /** Maximum number of rows of the tree, at most 10,000. Other points are only counted. Default: 200. */
  readonly maxRows?: number | undefined
  /** Whether to show the line of the program that made each point (`info.code`). Default: false. */
  readonly code?: boolean | undefined
}

const SERVICE_STYLES: readonly Style[] = ['cyan', 'green', 'magenta', 'blue', 'yellow']
/** Up to this width, findings contain only short quotes, for example of SQL. */
const NARROW_COLUMNS = 100
/** Approximate number of columns of a sentence without its quote. */
const OTHER_WORDS_COLUMNS = 80
const MAX_ROWS = 10_000
const MAX_SERVICE_WIDTH = 40
const MAX_SERVICES_NAMED = 8
const MAX_ACCOUNTS = 8

/**
 * Draws a report for a terminal. First comes the tree with services, durations and bars on a timeline. The findings
 * follow, then the accounts of requests (the causes of each request's self time), and then a summary of the trace.
 * Points that repeat one another share a row. `maxRows` limits the drawing even if the trace is large or deep. Points
 * that a filter excludes are only counted, but the findings are about the whole trace. Text from records is escaped by
 * `escapeControl`, so no control, bidirectional or invisible character of a record reaches the terminal. Ends with a
 * line break.
 */
export function renderTree(report: Report, options: RenderTreeOptions = {}): string {
  const { maxRows = 200 } = options
  const canvas = createCanvas(options, 20)
  const { paint } = canvas
  const services = listServices(report)
  const findings = summarize(report, { longestQuote: computeMaxQuoteChars(canvas.columns) })
  const notable = new Set(findings.flatMap(({ share, traceIds }) => (share === undefined ? [] : traceIds)))
  const filtered = filterPoints(report, options)
  const plan = planRows(report, Math.min(MAX_ROWS, Math.max(1, maxRows)), filtered)
  const lines = listLines(plan, canvas.glyphs, options.code)
  return [
    ...drawLines(lines, report.durationUs ?? 0, { ...canvas, services, notable }),
    ...drawFindings(findings, canvas),
    ...drawAccounts(report, canvas),
    '',
    ...drawSummary(report, [...services.keys()], canvas).map(line => paint(line, 'bold')),
    ...drawFilter(report, filtered, canvas).map(line => paint(line, 'yellow')),
    '',
  ].join('\n')
}

/** Returns the maximum length of a quote that keeps a sentence within two lines. */
function computeMaxQuoteChars(columns: number): number | undefined {
  return columns <= NARROW_COLUMNS ? undefined : 2 * columns - OTHER_WORDS_COLUMNS
}

function drawFindings(findings: readonly Finding[], { columns, glyphs, paint }: Canvas): string[] {
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

/** Draws the largest causes of each account, and names the services that made no account. */
function drawAccounts(report: Report, { columns, glyphs, paint }: Canvas): string[] {
  const show = (text: string): string => showText(text.replaceAll('µs', glyphs.micro))
  const accounts = describeAccounts(report)
  const blocks = accounts.slice(0, MAX_ACCOUNTS).flatMap(({ title, causes, notes }) => {
    const durations = causes.map(({ us }) => formatDuration(us, glyphs.micro))
    const width = Math.max(0, ...durations.map(duration => duration.length))
    const lines = causes.flatMap(({ words }, index) =>
      wrapText(show(words), columns - width - 4).map(
        (line, part) => `  ${(part === 0 ? (durations[index] ?? '') : '').padStart(width)}  ${line}`,
      ),
    )
    const remarks = notes.flatMap(note => wrapText(show(note), columns - 2)).map(line => `  ${paint(line, 'yellow')}`)
    return ['', ...wrapText(show(title), columns).map(line => paint(line, 'bold')), ...lines, ...remarks]
  })
  const missing = describeMissingAccounts(report).slice(0, MAX_ACCOUNTS)
  if (accounts.length > MAX_ACCOUNTS) missing.push(`${formatCounted(accounts.length - MAX_ACCOUNTS, 'more account')}`)
  const remarks = missing.flatMap(note => wrapText(show(note), columns)).map(line => paint(line, 'yellow'))
  return [...blocks, ...(remarks.length === 0 ? [] : ['', ...remarks])]
}

function drawSummary(report: Report, services: readonly string[], { columns, glyphs }: Canvas): string[] {
  const { baseId, durationUs, points } = report
  const named = services.slice(0, MAX_SERVICES_NAMED).map(name => fitText(name, MAX_SERVICE_WIDTH, glyphs.ellipsis))
  if (services.length > named.length) named.push(`${formatCount(services.length - named.length)} more`)
  const parts = [
    `Trace ${baseId === undefined ? 'without an id' : showText(baseId)}`,
    durationUs === undefined ? 'unknown duration' : formatDuration(durationUs, glyphs.micro),
    formatCounted(points.length, 'point'),
    named.length === 0 ? 'no service named' : `${named.length === 1 ? 'service' : 'services'} ${named.join(', ')}`,
  ]
  return wrapText(parts.join(glyphs.separator), columns)
}

function drawFilter(report: Report, filtered: FilteredPoints | undefined, { columns, glyphs }: Canvas): string[] {
  if (filtered === undefined) return []
  const count = filtered.shown.size - filtered.onPath.size
  const path = filtered.onPath.size === 0 ? '' : `, and ${formatCount(filtered.onPath.size)} that lead to them`
  const words = fitText(showText(filtered.words.replaceAll('µs', glyphs.micro)), 200, glyphs.ellipsis)
  const all = formatCount(report.points.length)
  return wrapText(`Shown: ${formatCount(count)} of ${all} points${path} (${words})`, columns)
}

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
