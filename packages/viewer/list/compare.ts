import { applyTheme } from './apply-theme.js'
import { type ComparedPoint, type Comparison, createDiffTable } from './diff-table.js'
import { element, pageRoot, setText } from './element.js'
import { formatDelta, formatDuration, formatShare } from './format-duration.js'
import { traceAddress } from './listed-trace.js'

/** A trace of the two. */
interface ComparedTrace {
  readonly title: string
  readonly name: string
  readonly service: string
  readonly points: number
}

/** What the server says of two traces. */
interface TraceComparison {
  readonly before: ComparedTrace
  readonly after: ComparedTrace
  readonly total: Comparison
  readonly points: readonly ComparedPoint[]
  readonly left: number
}

const query = new URLSearchParams(location.search)
const [before, after] = [query.get('a') ?? '', query.get('b') ?? '']
const problem = element('p', { class: 'problem', attributes: { role: 'alert' } })
const content = element('div', { text: 'Comparing ...', attributes: { role: 'status' } })

applyTheme()
problem.hidden = true
pageRoot().append(
  element(
    'header',
    { class: 'top' },
    element('h1', {}, element('span', { class: 'product', text: 'OSProfiler' }), ' Compare'),
    element('p', { class: 'store', text: document.body.dataset.store ?? '' }),
    element('a', { class: 'button opening', text: 'All traces', attributes: { href: '.' } }),
  ),
  problem,
  content,
)
void compare()

async function compare(): Promise<void> {
  try {
    const response = await fetch(`api/diff?a=${encodeURIComponent(before)}&b=${encodeURIComponent(after)}`)
    if (!response.ok) throw new Error(await response.text())
    draw(await response.json())
  } catch (error) {
    problem.hidden = false
    setText(problem, error instanceof Error ? error.message : String(error))
    content.hidden = true
  }
}

function draw(comparison: TraceComparison): void {
  const { total, points, left } = comparison
  const onlyChanged = element('input', { attributes: { type: 'checkbox' } })
  const main = element('main', { attributes: { tabindex: '0', 'aria-label': 'Points' } })
  const note = element('p', { class: 'count' })

  function drawPoints(): void {
    const shown = onlyChanged.checked ? points.filter(({ change }) => change !== 'same') : points
    main.replaceChildren(createDiffTable(shown))
    const rest = left === 0 ? '' : `, ${left.toLocaleString('en')} that changed least are left out`
    setText(note, `${shown.length.toLocaleString('en')} of ${points.length.toLocaleString('en')} paths${rest}`)
  }

  onlyChanged.addEventListener('change', drawPoints)
  content.removeAttribute('role')
  content.replaceChildren(
    element(
      'section',
      { class: 'sides', attributes: { 'aria-label': 'The two traces' } },
      drawSide('Before', before, comparison.before, total.before.median),
      drawVerdict(total),
      drawSide('After', after, comparison.after, total.after.median),
      element('a', { class: 'button swap', text: '⇄ Swap', attributes: { href: swapAddress() } }),
    ),
    element(
      'search',
      { class: 'tools' },
      element('label', { class: 'switch' }, onlyChanged, element('span', { text: 'Only what changed' })),
      note,
    ),
    main,
  )
  drawPoints()
}

function drawSide(label: string, ref: string, trace: ComparedTrace, durationUs: number): HTMLElement {
  const { title, name, service, points } = trace
  return element(
    'div',
    { class: 'side' },
    element('p', { text: `${label}: ${name}${service === '' ? '' : ` in ${service}`}` }),
    element('p', { class: 'duration', text: formatDuration(durationUs) }),
    element('p', { text: `${points.toLocaleString('en')} points` }),
    element('p', {}, element('a', { text: title, attributes: { href: traceAddress(ref), title } })),
  )
}

function drawVerdict({ deltaUs, share, change }: Comparison): HTMLElement {
  const verdict = change === 'same' ? 'about the same' : change
  return element(
    'p',
    { class: 'verdict' },
    element('strong', { class: change, text: formatDelta(deltaUs) }),
    element('span', { text: `${formatShare(share)} ${verdict}`.trim() }),
  )
}

function swapAddress(): string {
  return `compare?a=${encodeURIComponent(after)}&b=${encodeURIComponent(before)}`
}
