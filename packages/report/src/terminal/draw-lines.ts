import type { ReportNode } from '../tree/report.js'
import type { Canvas } from './canvas.js'
import { drawBar } from './draw-bar.js'
import { fitText, padText, textWidth } from './fit-text.js'
import type { Line } from './list-lines.js'
import type { Style } from './paint.js'

/** A canvas, the style of each service, and the points to emphasize. */
export interface Drawing extends Canvas {
  readonly services: ReadonlyMap<string, Style | undefined>
  /** Ids of the points in findings about time. */
  readonly notable: ReadonlySet<string>
}

/**
 * Lays out lines in columns: the tree with the label, the service, the duration, and a bar on a timeline of `totalUs`
 * microseconds.
 */
export function drawLines(lines: readonly Line[], totalUs: number, drawing: Drawing): string[] {
  const { columns, glyphs, paint, services, notable } = drawing
  const { layout, lines: fitted } = layOut(lines, columns)
  return fitted.map(line => {
    const label = drawLabel(line, line.row === undefined ? columns : layout.label, layout, drawing)
    if (line.row === undefined) return label.trimEnd()
    const style = services.get(line.service)
    const service = padText(fitText(line.service, layout.service, glyphs.ellipsis), layout.service)
    const duration = line.duration.padStart(layout.duration)
    const isNotable = line.row.nodes.some(node => notable.has(node.traceId))
    const bar = drawBar(line.row.nodes.flatMap(barInterval), totalUs, layout.bar, glyphs.bar).trimEnd()
    return [
      label,
      ...(layout.service > 0 ? [paint(service, style)] : []),
      isNotable ? paint(duration, 'bold', 'yellow') : duration,
      ...(layout.bar > 0 ? [paint(bar, line.sign === '' ? style : 'red')] : []),
    ]
      .join('  ')
      .trimEnd()
  })
}

function barInterval({ startedUs, finishedUs }: ReportNode): { startUs: number; endUs: number | undefined }[] {
  const startUs = startedUs ?? finishedUs
  return startUs === undefined ? [] : [{ startUs, endUs: finishedUs }]
}

interface Layout {
  readonly label: number
  readonly service: number
  readonly duration: number
  readonly bar: number
  readonly branches: number
}

/**
 * Lays out the columns. The label gets as many columns as it needs, as long as the bar stays readable. In a narrow
 * terminal, first the bar is dropped, and then the service. If the lines have call sites, the bar gets fewer columns.
 */
function layOut(given: readonly Line[], columns: number): { readonly layout: Layout; readonly lines: readonly Line[] } {
  const widest = (measure: (line: Line) => number, lines = given): number =>
    lines.reduce((most, line) => (line.row === undefined ? most : Math.max(most, measure(line))), 0)
  const duration = widest(line => textWidth(line.duration))
  const widestService = widest(line => textWidth(line.service))
  const service = columns < 36 ? 0 : Math.min(widestService, Math.ceil(columns / 6))
  const hasSites = given.some(({ site }) => site !== '')
  const isNarrow = columns < (hasSites ? 100 : 50)
  const bar = isNarrow ? 0 : Math.round(columns * (columns < 72 || hasSites ? 0.2 : 0.28))
  const gaps = 2 + (service > 0 ? 2 : 0) + (bar > 0 ? 2 : 0)
  const room = columns - duration - service - bar - gaps
  const lines = given.map(line => {
    const whole = { ...line, label: line.wholeLabel }
    return measureLabel(whole) <= room ? whole : line
  })
  const neededWidth = widest(measureLabel, lines)
  const label = Math.max(0, Math.min(room, neededWidth))
  // If all labels fit, their branches fit as well. Otherwise, branches take up to half of the label's columns.
  const branches = neededWidth <= room ? label : Math.floor(label / 2)
  return {
    layout: { label, branches, service, duration, bar: bar === 0 ? 0 : Math.min(bar + room - label, 72) },
    lines,
  }
}

function measureLabel({ branches, sign, label, site, note }: Line): number {
  return textWidth(`${branches}${sign}${label}${site && `  ${site}`}${note && `  ${note}`}`)
}

function drawLabel(line: Line, columns: number, layout: Layout, { glyphs, paint }: Drawing): string {
  const branches = fitBranches(line, layout.branches)
  const room = columns - textWidth(branches) - textWidth(line.sign)
  // A note describes a problem, so it may take half of the columns even if the label must be shortened.
  const noteRoom = Math.max(Math.floor(room / 2), room - textWidth(line.label))
  const note = line.note === '' ? '' : fitText(`  ${line.note}`, noteRoom, glyphs.ellipsis)
  const site = fitSite(line, room - textWidth(note), glyphs.ellipsis)
  const label = fitText(line.label, room - textWidth(note) - textWidth(site), glyphs.ellipsis)
  const used = textWidth(branches) + textWidth(line.sign) + textWidth(label) + textWidth(site) + textWidth(note)
  const labelStyle = line.sign !== '' ? 'red' : line.row === undefined ? 'dim' : undefined
  return (
    paint(branches, 'dim') +
    paint(line.sign + label, labelStyle) +
    paint(site, 'dim') +
    paint(note, line.sign === '' ? 'yellow' : 'red') +
    ' '.repeat(Math.max(0, columns - used))
  )
}

/**
 * Fits a call site into two thirds of the columns, or into all columns that the label does not need. Cuts the first
 * folders off a long path, then the end of the file name, and the line number last.
 */
function fitSite({ site, label }: Line, room: number, ellipsis: string): string {
  if (site === '') return ''
  const columns = Math.max(Math.floor((room * 2) / 3), room - textWidth(label)) - 2
  let shown = site
  for (let rest = site; textWidth(shown) > columns && rest.includes('/'); ) {
    rest = rest.slice(rest.indexOf('/') + 1)
    shown = textWidth(rest) + 2 <= columns ? `${ellipsis}/${rest}` : rest
  }
  const end = shown.lastIndexOf(':')
  const line = shown.slice(end)
  const file = fitText(shown.slice(0, end), columns - textWidth(line), ellipsis)
  return columns <= 0 ? '' : `  ${fitText(file + line, columns, ellipsis)}`
}

/**
 * Returns the branches, or the row's depth in brackets if the branches do not fit. Each level of branches takes three
 * columns.
 */
function fitBranches({ branches }: Line, columns: number): string {
  return branches.length <= columns ? branches : `[${branches.length / 3}] `
}
