import './trace.css'
import { type ComponentChild, render } from 'preact'
import type { PageSource } from '../../src/protocol/page-source.js'
import { messageOf, showText } from '../shared/show-text.js'
import { applyTheme, readStoredTheme } from '../shared/theme.js'
import { App } from './app.js'
import { Failure } from './failure.js'
import { listenForSummaryRequests } from './findings/summarize-in-worker.js'
import { fetchTrace, readInlineTrace, readSource, watchTrace } from './model/load-trace.js'

let hasView = false

if (typeof document === 'undefined') listenForSummaryRequests()
else start()

function start(): void {
  const root = document.getElementById('osprofiler')
  applyTheme(readStoredTheme())
  if (root !== null) void open(root)
}

async function open(element: HTMLElement): Promise<void> {
  const source = readSource()
  try {
    if (source === undefined) await openInline(element)
    else await openFromServer(element, source)
  } catch (error) {
    const retry = source === undefined ? undefined : () => void open(element)
    show(element, <Failure reason={messageOf(error)} list={source?.list} retry={retry} />)
  }
}

async function openInline(element: HTMLElement): Promise<void> {
  // Before the work begins, lets the browser draw the message that the trace is being opened.
  await new Promise(resolve => setTimeout(resolve, 0))
  const trace = readInlineTrace()
  if (trace === undefined) throw new Error('There are no records in this page.')
  show(element, <App trace={trace} facts={trace.facts} source={undefined} />)
}

async function openFromServer(element: HTMLElement, source: PageSource): Promise<void> {
  const refresh = async (): Promise<void> => {
    const trace = await fetchTrace(source)
    document.title = `Trace ${showText(trace.report.baseId)}`.trim()
    show(element, <App trace={trace} facts={{}} source={source} />)
  }
  await refresh()
  // If the trace cannot be fetched again, the page keeps the earlier records, which are still correct.
  watchTrace(source, () => void refresh().catch(() => undefined))
}

/**
 * Shows a view. The first view replaces the placeholder text, which Preact would keep, because Preact did not render
 * it.
 */
function show(element: HTMLElement, view: ComponentChild): void {
  if (!hasView) element.replaceChildren()
  hasView = true
  render(view, element)
}
