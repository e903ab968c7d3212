import { element } from './element.js'
import { formatDelta, formatDuration, formatShare } from './format-duration.js'

/** Two medians, in microseconds; of one run each, they are what it took. */
export interface Comparison {
  readonly before: { readonly median: number }
  readonly after: { readonly median: number }
  readonly deltaUs: number
  /** Of what it was before; `null` where that was nothing. */
  readonly share: number | null
  readonly change: string
}

/** The points at one path, in both traces. */
export interface ComparedPoint {
  readonly depth: number
  readonly service: string | null
  readonly name: string
  readonly detail: string
  readonly count: { readonly before: number; readonly after: number }
  readonly total: Comparison
  readonly change: string
}

const SVG = 'http://www.w3.org/2000/svg'
const DEEPEST_INDENT = 16

/** The points of two traces, aligned: each below the one that it is nested in. */
export function createDiffTable(points: readonly ComparedPoint[]): HTMLTableElement {
  const largest = points.reduce((most, { total }) => Math.max(most, Math.abs(total.deltaUs)), 0)
  const titles = ['Point', 'Service', 'Times', 'Before', 'After', 'Difference']
  return element(
    'table',
    { class: 'diff' },
    element('caption', { class: 'unseen', text: 'The points of both traces, aligned by their paths' }),
    element(
      'thead',
      {},
      element('tr', {}, ...titles.map(text => element('th', { text, attributes: { scope: 'col' } }))),
    ),
    element('tbody', {}, ...points.map(point => drawRow(point, largest))),
  )
}

function drawRow(point: ComparedPoint, largest: number): HTMLTableRowElement {
  const { depth, name, detail, service, count, total, change } = point
  const what = element('td', { attributes: { title: `${name} ${detail}` } })
  what.style.paddingInlineStart = `${0.75 + Math.min(depth, DEEPEST_INDENT) * 1.1}rem`
  what.append(
    element('span', { class: 'point', text: name, attributes: { dir: 'auto' } }),
    ' ',
    element('span', { class: 'detail', text: detail, attributes: { dir: 'auto' } }),
  )
  return element(
    'tr',
    { class: change },
    what,
    element('td', { text: service ?? '' }),
    element('td', { text: countText(count) }),
    element('td', { text: change === 'new' ? '' : formatDuration(total.before.median) }),
    element('td', { text: change === 'gone' ? '' : formatDuration(total.after.median) }),
    element('td', {}, element('div', { class: 'delta' }, drawBar(total.deltaUs, largest), drawDelta(point))),
  )
}

function countText({ before, after }: ComparedPoint['count']): string {
  return before === after ? String(after) : `${before} → ${after}`
}

function drawDelta({ total, change }: ComparedPoint): HTMLElement {
  const share = change === 'new' || change === 'gone' ? change : formatShare(total.share)
  const text = change === 'same' && total.deltaUs === 0 ? 'same' : `${formatDelta(total.deltaUs)}  ${share}`
  return element('span', { class: change, text: text.trim() })
}

/** Grows to the right for what became slower, to the left for what became faster; the longest is the largest. */
function drawBar(deltaUs: number, largest: number): SVGElement {
  const bar = document.createElementNS(SVG, 'svg')
  for (const [name, value] of Object.entries({
    class: 'bar',
    viewBox: '0 0 200 10',
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  })) {
    bar.setAttribute(name, value)
  }
  const width = largest === 0 ? 0 : (Math.abs(deltaUs) / largest) * 99
  bar.append(
    drawRectangle(deltaUs > 0 ? 'more' : 'less', deltaUs > 0 ? 100 : 100 - width, width),
    drawRectangle('middle', 99.5, 1),
  )
  return bar
}

function drawRectangle(className: string, x: number, width: number): SVGElement {
  const rectangle = document.createElementNS(SVG, 'rect')
  for (const [name, value] of Object.entries({ class: className, x, width, y: 0, height: 10 })) {
    rectangle.setAttribute(name, String(value))
  }
  return rectangle
}
