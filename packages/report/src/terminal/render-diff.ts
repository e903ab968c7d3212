import type { DiffPoint, ReportDiff } from '../compare/diff-reports.js'
import type { Comparison } from '../compare/diff-spread.js'
import { showText } from '../words/escape-control.js'
import { formatCount, formatCounted, formatDuration, formatShare } from '../words/format-duration.js'
import { shownName } from '../words/shown-name.js'
import { type Canvas, createCanvas, type TerminalOptions } from './canvas.js'
import { fitText, padText, textWidth, wrapText } from './fit-text.js'
import type { Glyphs } from './glyphs.js'
import type { Style } from './paint.js'

/** Options of `renderDiff`. */
export interface RenderDiffOptions extends TerminalOptions {
  /** Maximum number of rows for each kind of change. Other points are only counted. Default: 10. */
  readonly maxRows?: number | undefined
}

interface Section {
  readonly title: string
  readonly change: DiffPoint['change']
  readonly style: Style
}

const SECTIONS: readonly Section[] = [
  { title: 'Slower', change: 'slower', style: 'red' },
  { title: 'New', change: 'new', style: 'yellow' },
  { title: 'Faster', change: 'faster', style: 'green' },
  { title: 'Gone', change: 'gone', style: 'green' },
]
const MAX_SERVICE_WIDTH = 16

/**
 * Draws a comparison for a terminal. The duration of the whole trace comes first, then the points that became slower,
 * are new, became faster, or are gone. In each group, the largest differences of self time come first. A point that
 * changed only through points below it is counted, not drawn. Text from records is escaped by `escapeControl`. Ends
 * with a line break.
 */
export function renderDiff(diff: ReportDiff, options: RenderDiffOptions = {}): string {
  const { maxRows = 10 } = options
  const canvas = createCanvas(options, 40)
  const causes = findCauses(diff)
  const same = diff.points.filter(({ change }) => change === 'same').length
  return [
    ...drawTotal(diff, canvas),
    ...SECTIONS.flatMap(section => drawSection(diff, section, causes, maxRows, canvas)),
    '',
    ...wrapText(
      `${formatCount(same)} of ${formatCounted(diff.points.length, 'point')} stayed the same, within the spread`,
      canvas.columns,
    ),
    '',
  ].join('\n')
}

/** Finds the points whose self time changed, and the points whose change no point below them explains. */
function findCauses({ points }: ReportDiff): ReadonlySet<number> {
  const causes = new Set<number>()
  const explained = new Set<string>()
  for (const { id, parent, change, self } of points.toReversed()) {
    if (change === 'same') continue
    const isSteady = change === 'slower' || change === 'faster' ? self.change !== change : false
    if (!isSteady || !explained.has(`${id} ${change}`)) causes.add(id)
    if (parent === null) continue
    explained.add(`${parent} ${change === 'new' ? 'slower' : change === 'gone' ? 'faster' : change}`)
  }
  return causes
}

function drawTotal({ runs, total }: ReportDiff, { columns, glyphs, paint }: Canvas): string[] {
  const style = total.change === 'slower' ? 'red' : total.change === 'faster' ? 'green' : undefined
  const verdict = total.change === 'same' ? 'the same, within the spread' : total.change
  const spread = `${formatTime(total.before.mad, glyphs)} (before) and ${formatTime(total.after.mad, glyphs)} (after)`
  const runsText = `${formatCounted(runs.before, 'run')} before, ${formatCount(runs.after)} after`
  const isSpreadKnown = Math.min(runs.before, runs.after) > 2
  const runsLine = isSpreadKnown
    ? `${runsText}; half of the runs are within ${spread} of their median`
    : `${runsText}: too few to know their spread, so a change below 10 % counts as the same`
  return [
    ...wrapText(`Total ${formatTimes(total, glyphs)}, ${formatDifference(total, glyphs)}: ${verdict}`, columns).map(
      line => paint(line, 'bold', style),
    ),
    ...wrapText(runsLine, columns),
  ]
}

function drawSection(
  { points: all }: ReportDiff,
  { title, change, style }: Section,
  causes: ReadonlySet<number>,
  maxRows: number,
  canvas: Canvas,
): string[] {
  const changed = all.filter(point => point.change === change)
  if (changed.length === 0) return []
  const own = changed
    .filter(({ id }) => causes.has(id))
    .sort((a, b) => Math.abs(b.self.deltaUs) - Math.abs(a.self.deltaUs))
  const shown = own.slice(0, maxRows)
  const more = own.length - shown.length
  const carriedCount = changed.length - own.length
  const notes = [
    more > 0 ? `${formatCount(more)} more` : '',
    carriedCount > 0
      ? `${formatCounted(carriedCount, 'point')} changed only through points below ${carriedCount === 1 ? 'it' : 'them'}`
      : '',
  ].filter(Boolean)
  const note = `  ${canvas.glyphs.ellipsis} ${notes.join(canvas.glyphs.separator)}`
  return [
    '',
    canvas.paint(title, 'bold'),
    ...drawRows(shown, style, canvas),
    ...(notes.length === 0 ? [] : [fitText(note, canvas.columns, canvas.glyphs.ellipsis)]),
  ]
}

function drawRows(shown: readonly DiffPoint[], style: Style, { columns, glyphs, paint }: Canvas): string[] {
  const rows = shown.map(point => ({
    label: createLabel(point, glyphs),
    service: fitText(showText(point.service), MAX_SERVICE_WIDTH, glyphs.ellipsis),
    times: formatPointTimes(point, glyphs),
    difference: formatDifference(point.total, glyphs),
  }))
  const widest = (field: 'label' | 'service' | 'times' | 'difference'): number =>
    rows.reduce((most, row) => Math.max(most, textWidth(row[field])), 0)
  const [times, change] = [widest('times'), widest('difference')]
  // In a narrow terminal, first the service is dropped, and then the times.
  const service = columns < 72 ? 0 : widest('service')
  const shownTimes = columns < 60 ? 0 : times
  const gaps = 4 + (service > 0 ? 2 : 0) + (shownTimes > 0 ? 2 : 0)
  const label = Math.max(0, Math.min(widest('label'), columns - service - shownTimes - change - gaps))
  return rows.map(row => {
    const cells = [
      padText(fitText(row.label, label, glyphs.ellipsis), label),
      ...(service > 0 ? [padText(row.service, service)] : []),
      ...(shownTimes > 0 ? [row.times.padStart(times)] : []),
      paint(row.difference.padStart(change), style),
    ]
    return `  ${cells.join('  ')}`
  })
}

function createLabel({ name, detail, count: { before, after } }: DiffPoint, { arrow }: Glyphs): string {
  const [most, isSteady] = [Math.max(before, after), before === after || before === 0 || after === 0]
  const times = isSteady ? formatCount(most) : `${formatCount(before)} ${arrow} ${formatCount(after)}`
  const shown = isSteady && most <= 1 ? '' : `${times} x `
  return `${shown}${showText(shownName(name))} ${showText(detail)}`.trimEnd()
}

function formatPointTimes({ change, total }: DiffPoint, glyphs: Glyphs): string {
  if (change === 'new') return formatTime(total.after.median, glyphs)
  if (change === 'gone') return formatTime(total.before.median, glyphs)
  return formatTimes(total, glyphs)
}

function formatTimes({ before, after }: Comparison, glyphs: Glyphs): string {
  return `${formatTime(before.median, glyphs)} ${glyphs.arrow} ${formatTime(after.median, glyphs)}`
}

/** Returns a string such as `+53.5 ms (+80 %)`. */
function formatDifference({ deltaUs, share }: Comparison, glyphs: Glyphs): string {
  const sign = deltaUs > 0 ? '+' : ''
  // For a point that is gone, "-100 %" would add no information.
  const percent = share === null || share === -1 ? '' : ` (${formatSignedShare(share)})`
  return `${sign}${formatTime(deltaUs, glyphs)}${percent}`
}

/**
 * Returns a string such as `+80 %`. A share below 1 % has no sign, because the time printed before it already has one.
 */
function formatSignedShare(share: number): string {
  const text = formatShare(Math.abs(share))
  if (share === 0 || text.startsWith('<')) return text
  return share > 0 ? `+${text}` : `-${text}`
}

function formatTime(us: number, glyphs: Glyphs): string {
  return formatDuration(us, glyphs.micro)
}
