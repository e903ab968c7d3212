import {
  fitText,
  formatCount,
  formatDuration,
  padText,
  type RenderTreeOptions,
  shownName,
  textWidth,
} from '@osprofiler/report'
import { showText } from '@osprofiler/report/toolkit'
import type { FoundTrace } from './find-traces.js'

const COLUMNS = ['base_id', 'timestamp', 'request', 'status', 'duration', 'points', 'service', 'error'] as const
type Column = (typeof COLUMNS)[number]
type Cells = Readonly<Record<Column, string>>

/** Columns that contain numbers, which are right-aligned. */
const NUMBER_COLUMNS: readonly Column[] = ['status', 'duration', 'points']
/** Maximum length of a cell with a string from a record, even if the output has no maximum width. */
const MAX_SHOWN_CHARS = 200
/**
 * The maximum length of a valid trace id. A longer id is certainly forged. It is truncated, because it would widen
 * every row.
 */
const MAX_ID_CHARS = 255
const MAX_TIME_CHARS = 40
/**
 * The minimum widths of these columns in a table. If the table has less room, each trace is drawn in several lines
 * instead.
 */
const MIN_COLUMN_CHARS = { request: 24, error: 24 }

/**
 * Draws traces as a table whose first two columns are those of Python's command. If the terminal is too narrow, each
 * trace is drawn in several lines. A file or a pipe has no width, so no column is narrowed for it. Ids are never
 * shortened to fit the terminal, because people copy them.
 */
export function drawTraceList(
  traces: readonly FoundTrace[],
  { width, unicode = true }: RenderTreeOptions,
): Iterable<string> {
  const ellipsis = unicode ? '…' : '...'
  const rows = traces.map(trace => toCells(trace, unicode ? 'µs' : 'us'))
  if (width === undefined || measureTable(rows) <= width) return drawTable(rows)
  const brief = rows.map(cells => ({ ...cells, timestamp: shortenTime(cells.timestamp) }))
  const fitted = fitRows(brief, width, ellipsis)
  return fitted === undefined ? drawBlocks(brief, width, ellipsis) : drawTable(fitted)
}

function toCells({ summary, description }: FoundTrace, micro: string): Cells {
  const { status, durationUs, points = 0, isWhole = true, error = '' } = description ?? {}
  return {
    base_id: showValue(summary.base_id, MAX_ID_CHARS),
    timestamp: showValue(summary.timestamp, MAX_TIME_CHARS),
    request: showValue(describeRequest(summary.name, description)),
    status: status === undefined ? '' : String(status),
    duration: isWhole ? (durationUs === undefined ? '' : formatDuration(durationUs, micro)) : 'too large',
    points: points === 0 ? '' : formatCount(points),
    service: showValue(summary.service),
    error: showValue(error),
  }
}

/** Returns a request such as `GET /orders/:id`. If the first point is not a request, returns its name and action. */
function describeRequest(recorded: string, description: FoundTrace['description']): string {
  const { method, path, route, request = '', name = recorded } = description ?? {}
  const target = route ?? path
  if (target !== undefined) return method === undefined ? target : `${method} ${target}`
  return `${shownName(String(name))} ${request}`.trimEnd()
}

/** Formats a value of any type, because values from a store are not validated. */
function showValue(value: unknown, longest = MAX_SHOWN_CHARS): string {
  return showText(value, longest, '...')
}

function shortenTime(timestamp: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(timestamp) ? timestamp.slice(0, 19).replace('T', ' ') : timestamp
}

function measureColumns(rows: readonly Cells[]): Record<Column, number> {
  const widths = {} as Record<Column, number>
  for (const column of COLUMNS) {
    widths[column] = rows.reduce((widest, cells) => Math.max(widest, textWidth(cells[column])), column.length)
  }
  return widths
}

/**
 * Returns the width of the table. The width includes a vertical line before each column, a vertical line after the last
 * column, and a space on each side of each cell.
 */
function measureTable(rows: readonly Cells[]): number {
  return Object.values(measureColumns(rows)).reduce((sum, width) => sum + width + 3, 1)
}

/** Truncates requests and errors to the remaining width. Returns `undefined` if the width is too small. */
function fitRows(rows: readonly Cells[], width: number, ellipsis: string): Cells[] | undefined {
  const widths = measureColumns(rows)
  let excess = measureTable(rows) - width
  for (const column of ['error', 'request'] as const) {
    const cut = Math.max(0, Math.min(excess, widths[column] - MIN_COLUMN_CHARS[column]))
    widths[column] -= cut
    excess -= cut
  }
  if (excess > 0) return undefined
  return rows.map(cells => ({
    ...cells,
    request: fitText(cells.request, widths.request, ellipsis),
    error: fitText(cells.error, widths.error, ellipsis),
  }))
}

function* drawTable(rows: readonly Cells[]): Generator<string> {
  const widths = measureColumns(rows)
  const rule = `+${COLUMNS.map(column => '-'.repeat(widths[column] + 2)).join('+')}+\n`
  const drawRow = (cells: Cells): string =>
    `|${COLUMNS.map(column => ` ${align(column, cells[column], widths[column])} `).join('|')}|\n`
  yield rule
  yield drawRow(Object.fromEntries(COLUMNS.map(column => [column, column])) as Cells)
  yield rule
  for (const cells of rows) yield drawRow(cells)
  yield rule
}

function align(column: Column, text: string, width: number): string {
  if (!NUMBER_COLUMNS.includes(column)) return padText(text, width)
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text
}

/** Draws each trace in two or more lines: its action and outcome, its id and service, and its error. */
function* drawBlocks(rows: readonly Cells[], width: number, ellipsis: string): Generator<string> {
  const widths = measureColumns(rows)
  const figuresWidth = widths.status + widths.duration + 4
  const roomBesideTime = width - widths.timestamp - 2 - figuresWidth
  // If the timestamp does not fit next to the request, the timestamp is on the next line.
  const isTimeBelow = roomBesideTime < MIN_COLUMN_CHARS.request
  const requestRoom = isTimeBelow ? width - figuresWidth : roomBesideTime
  const request = Math.max(1, Math.min(requestRoom, widths.request))
  for (const cells of rows) {
    const first = [
      ...(isTimeBelow ? [] : [padText(cells.timestamp, widths.timestamp)]),
      padText(fitText(cells.request, request, ellipsis), request),
      align('status', cells.status, widths.status),
      align('duration', cells.duration, widths.duration),
    ]
    yield `${first.join('  ').trimEnd()}\n`
    for (const line of drawDetailLines(cells, isTimeBelow, width - 2, ellipsis)) yield `  ${line}\n`
  }
}

/**
 * Draws the lines below a trace's first line. The first of them shows the id, followed by the timestamp, the number of
 * points and the service, as far as they fit. The next line shows those that did not fit, and then the error. If too
 * little of the error would fit on that line, the error has its own line.
 */
function drawDetailLines(cells: Cells, isTimeBelow: boolean, width: number, ellipsis: string): string[] {
  const points = cells.points === '' ? '' : `${cells.points} ${cells.points === '1' ? 'point' : 'points'}`
  const parts = [isTimeBelow ? cells.timestamp : '', points, cells.service].filter(Boolean)
  const measureFirstParts = (count: number): number =>
    textWidth(cells.base_id) + 2 + textWidth(parts.slice(0, count).join(', '))
  let count = parts.length
  while (count > 0 && measureFirstParts(count) > width) count--
  const rest = parts.slice(count).join(', ')
  const { error } = cells
  const isJoined = width - textWidth(rest) - 2 >= Math.min(textWidth(error), MIN_COLUMN_CHARS.error)
  const below = isJoined ? [[rest, error].filter(Boolean).join(', ')] : [rest, error]
  return [
    `${cells.base_id}  ${parts.slice(0, count).join(', ')}`.trimEnd(),
    ...below.filter(Boolean).map(line => fitText(line, width, ellipsis)),
  ]
}
