import { applyTheme } from './apply-theme.js'
import { element, pageRoot, setText } from './element.js'
import { arrange, type ListedTrace, type SortKey, traceAddress } from './listed-trace.js'
import { acceptDrops, openFile } from './open-file.js'
import { createTraceTable } from './trace-table.js'
import { keepView, LONG_LIST, restoreView, type View } from './view.js'
import { watchList } from './watch-list.js'

let view = restoreView()
let traces: readonly ListedTrace[] = []
let more = false
/** Why the list stands still, and why a file could not be opened. */
const trouble = { connection: '', file: '' }

const search = element('input', {
  attributes: { type: 'search', id: 'search', placeholder: 'Search name, service, id', spellcheck: 'false' },
  on: { input: () => change({ search: search.value }) },
})
const failedOnly = element('input', {
  attributes: { type: 'checkbox' },
  on: {
    change: () => {
      change({ failedOnly: failedOnly.checked })
      lookNow()
    },
  },
})
const compare = element('a', { class: 'button primary' })
const count = element('p', { class: 'count', attributes: { role: 'status' } })
const pulse = element('span', { class: 'pulse', text: 'live' })
const problem = element('p', { class: 'problem', attributes: { role: 'alert' } })
const nothing = element('div', { class: 'nothing' })
const rest = element('p', { class: 'rest' })
const table = createTraceTable(sortBy, choose)
const file = element('input', {
  class: 'unseen',
  attributes: { type: 'file', id: 'file', accept: '.json,.jsonl,application/json' },
  on: { change: () => void takeFile(file.files?.[0]) },
})

applyTheme()
search.value = view.search
failedOnly.checked = view.failedOnly
problem.hidden = true
drawPage()
acceptDrops(dropped => void takeFile(dropped))
document.addEventListener('keydown', obeyKey)
const lookNow = watchList(() => ({ length: view.length, failedOnly: view.failedOnly }), {
  changed(list) {
    traces = list.traces
    more = list.more
    report({ connection: '' })
    draw()
  },
  unchanged: () => report({ connection: '' }),
  failed: message => report({ connection: message }),
})

function drawPage(): void {
  pageRoot().append(
    element(
      'header',
      { class: 'top' },
      element('h1', {}, element('span', { class: 'product', text: 'OSProfiler' }), ' Traces'),
      element('p', { class: 'store' }, element('span', { text: document.body.dataset.store ?? '' }), pulse),
      element(
        'span',
        { class: 'opening' },
        file,
        element('label', { class: 'button', text: 'Open file', attributes: { for: 'file' } }),
      ),
    ),
    element(
      'search',
      { class: 'tools' },
      element('label', { class: 'unseen', text: 'Search', attributes: { for: 'search' } }),
      search,
      element('label', { class: 'switch' }, failedOnly, element('span', { text: 'Only errors' })),
      count,
      compare,
    ),
    problem,
    element('main', {}, table.table, nothing, rest),
    element('footer', { class: 'keys' }, ...keyHints()),
  )
}

function draw(): void {
  const shown = arrange(traces, view.search, view.sorting)
  table.show(shown, view.sorting, view.chosen)
  table.table.hidden = shown.length === 0
  setText(count, countText(shown.length))
  drawCompare()
  drawNothing(shown.length)
  drawRest()
}

function countText(shown: number): string {
  const total = `${traces.length.toLocaleString('en')}${more ? '+' : ''}`
  const of = shown === traces.length ? total : `${shown.toLocaleString('en')} of ${total}`
  return `${of} ${traces.length === 1 && shown === 1 ? 'trace' : 'traces'}`
}

function drawCompare(): void {
  const [first, second] = view.chosen
  const isReady = first !== undefined && second !== undefined
  setText(compare, isReady ? 'Compare the two' : `Compare: choose ${first === undefined ? 'two' : 'one more'}`)
  if (isReady) compare.href = `compare?a=${encodeURIComponent(first)}&b=${encodeURIComponent(second)}`
  else compare.removeAttribute('href')
  compare.setAttribute('role', 'link')
  compare.setAttribute('aria-disabled', String(!isReady))
}

function drawNothing(shown: number): void {
  nothing.hidden = shown > 0
  if (shown > 0) return
  const wanted = view.search.trim()
  if (wanted !== '') {
    nothing.replaceChildren(
      element('p', { text: 'Nothing in this list matches.' }),
      element(
        'p',
        { text: 'Is it the id of an older trace? ' },
        element('a', { text: `Open ${wanted}`, attributes: { href: traceAddress(`id:${wanted}`) } }),
      ),
    )
  } else if (view.failedOnly) {
    nothing.replaceChildren(element('p', { text: 'No trace has an error.' }))
  } else {
    nothing.replaceChildren(
      element('p', { text: 'No traces yet. They appear here as they arrive.' }),
      element('pre', { text: 'osprofiler run http://127.0.0.1:3000/' }),
    )
  }
}

function drawRest(): void {
  rest.hidden = !more
  if (!more) return
  const text = `These are the newest ${view.length.toLocaleString('en')}. `
  if (view.length === LONG_LIST) return rest.replaceChildren(text, 'Older ones open by their id: search for it.')
  const button = element('button', {
    text: `Show ${LONG_LIST.toLocaleString('en')}`,
    attributes: { type: 'button' },
    on: {
      click: () => {
        change({ length: LONG_LIST })
        lookNow()
      },
    },
  })
  rest.replaceChildren(text, button)
}

function change(members: Partial<View>): void {
  view = { ...view, ...members }
  keepView(view)
  draw()
}

function sortBy(key: SortKey): void {
  const { sorting } = view
  const startsDescending = ['timestamp', 'durationUs', 'records'].includes(key)
  change({ sorting: { key, descending: sorting.key === key ? !sorting.descending : startsDescending } })
}

/** A third trace takes the place of the one that was chosen first. */
function choose(ref: string, isChosen: boolean): void {
  const others = view.chosen.filter(chosen => chosen !== ref)
  change({ chosen: isChosen ? [...others, ref].slice(-2) : others })
}

async function takeFile(chosen: File | undefined): Promise<void> {
  if (chosen === undefined) return
  report({ file: `Opening ${chosen.name} ...` })
  report({ file: await openFile(chosen) })
  // The same file can be chosen again.
  file.value = ''
}

function report(news: Partial<typeof trouble>): void {
  Object.assign(trouble, news)
  const text = trouble.file || trouble.connection
  setText(problem, text)
  problem.hidden = text === ''
  pulse.classList.toggle('stopped', trouble.connection !== '')
  setText(pulse, trouble.connection === '' ? 'live' : 'not live')
}

function obeyKey(event: KeyboardEvent): void {
  const isTyping = event.target instanceof HTMLInputElement && event.target.type === 'search'
  if (event.key === 'Escape' && isTyping) search.blur()
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === 'ArrowDown' || (event.key === 'ArrowUp' && !isTyping)) {
    event.preventDefault()
    return table.step(event.key === 'ArrowDown' ? 1 : -1)
  }
  if (isTyping) return
  const focused = table.focused()
  if (event.key === '/') search.focus()
  else if (event.key === 'x' && focused !== undefined) choose(focused, !view.chosen.includes(focused))
  else if (event.key === 'c' && compare.href !== '') compare.click()
  else if (event.key === 'e') failedOnly.click()
  else return
  event.preventDefault()
}

function keyHints(): HTMLElement[] {
  const keys = { '/': 'search', '↑ ↓': 'go through', Enter: 'open', x: 'choose', c: 'compare', e: 'only errors' }
  return Object.entries(keys).map(([key, meaning]) => element('span', {}, element('kbd', { text: key }), ` ${meaning}`))
}
