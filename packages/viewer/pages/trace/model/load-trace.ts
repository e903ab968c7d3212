import { parseJson } from '@osprofiler/core/json'
import { buildReport, type Report } from '@osprofiler/report'
import type { PageFacts, PageSource } from '../../../src/protocol/page-source.js'

/** The facts in a page. They are empty for a page that fetches its trace from a server. */
export type Facts = Partial<PageFacts>

/** A trace, and the JSON of its records, from which a worker computes the findings. */
export interface Trace {
  readonly report: Report
  readonly json: string
}

type Records = Parameters<typeof buildReport>[0]

/** Returns the trace that the page contains, or `undefined` if the page has to fetch the trace from a server. */
export function readInlineTrace(): (Trace & { readonly facts: Facts }) | undefined {
  const element = document.getElementById('osprofiler-records')
  if (element === null) return undefined
  const json = element.textContent ?? '[]'
  element.remove()
  return { ...readTrace(json), facts: (readJson('osprofiler-facts') ?? {}) as Facts }
}

/** Reads the addresses from which to fetch the trace. Returns `undefined` if the page contains the trace itself. */
export function readSource(): PageSource | undefined {
  return readJson('osprofiler-source') as PageSource | undefined
}

/** Fetches a trace. If this fails, throws an Error whose message can be shown to the user. */
export async function fetchTrace(source: PageSource): Promise<Trace> {
  const response = await fetch(source.trace, { headers: { accept: 'application/json' } }).catch(() => undefined)
  if (response === undefined) throw new Error('The server does not answer. Is "osprofiler ui" still running?')
  if (response.status === 404) throw new Error('The store has no records of this trace yet.')
  if (response.status === 401 || response.status === 403) {
    throw new Error('This session has ended. Open the address that "osprofiler ui" printed.')
  }
  if (!response.ok) throw new Error(`The server answered with ${response.status}.`)
  return readTrace(await response.text())
}

/** Calls `onChange` when records have arrived, at most twice a second, until the trace is complete. */
export function watchTrace(source: PageSource, onChange: () => void): void {
  if (source.events === undefined) return
  const events = new EventSource(source.events)
  let timer: ReturnType<typeof setTimeout> | undefined
  const scheduleChange = (): void => {
    if (timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      onChange()
    }, 500)
  }
  events.addEventListener('message', scheduleChange)
  events.addEventListener('complete', () => {
    events.close()
    scheduleChange()
  })
}

function readJson(id: string): unknown {
  const text = document.getElementById(id)?.textContent
  return text === undefined || text === null ? undefined : JSON.parse(text)
}

function readTrace(json: string): Trace {
  return { report: buildReport(toRecords(parseJson(json))), json }
}

function toRecords(value: unknown): Records {
  if (!Array.isArray(value)) throw new Error('The response is not a list of records.')
  return value
}
