import { element, setText } from './element.js'
import { formatDuration } from './format-duration.js'
import { formatTime, machineTime } from './format-time.js'
import { downloadAddress, type ListedTrace, traceAddress } from './listed-trace.js'

/** A row of the table, which lives as long as its trace is in the list. */
export interface TraceRow {
  readonly row: HTMLTableRowElement
  readonly checkbox: HTMLInputElement
  readonly link: HTMLAnchorElement
  update(trace: ListedTrace): void
}

/** Makes the row of a trace. */
export function createTraceRow(trace: ListedTrace, choose: (chosen: boolean) => void): TraceRow {
  const { ref } = trace
  const checkbox = element('input', {
    attributes: { type: 'checkbox' },
    on: { change: () => choose(checkbox.checked) },
  })
  const time = element('time')
  const link = element('a', { class: 'name', attributes: { href: traceAddress(ref), dir: 'auto' } })
  const detail = element('span', { class: 'detail', attributes: { dir: 'auto' } })
  const mark = element('span', { class: 'mark', text: 'error' })
  const file = element('span', { class: 'file', text: 'file' })
  const service = element('span', { class: 'service', attributes: { dir: 'auto' } })
  const project = element('span', { class: 'project', attributes: { dir: 'auto' } })
  const duration = element('td', { class: 'duration' })
  const records = element('td', { class: 'records' })
  const id = element('code', { class: 'id' })
  const json = downloadLink(ref, 'json', 'JSON')
  const html = downloadLink(ref, 'html', 'HTML')
  const row = element(
    'tr',
    {},
    element('td', { class: 'choice' }, element('label', {}, checkbox)),
    element('td', { class: 'time' }, time),
    element('td', { class: 'what' }, element('div', {}, link, ' ', detail, mark, file)),
    element('td', { class: 'where' }, service, ' ', project),
    duration,
    records,
    element('td', { class: 'which' }, id),
    element('td', { class: 'saving' }, json, html),
  )

  function update(next: ListedTrace): void {
    const name = next.name || '(no name)'
    setText(time, formatTime(next.timestamp, new Date()))
    time.dateTime = machineTime(next.timestamp) ?? ''
    time.title = `${next.timestamp} UTC`
    setText(link, name)
    setText(detail, next.detail)
    link.title = `${name} ${next.detail}`
    detail.title = next.detail
    setText(duration, next.durationUs === null ? '' : formatDuration(next.durationUs))
    mark.hidden = !next.failed
    file.hidden = !next.isFile
    row.classList.toggle('failed', next.failed)
    setText(service, next.service)
    setText(project, next.project)
    service.title = next.service
    setText(records, next.records.toLocaleString('en'))
    setText(id, next.id)
    id.title = next.id
    checkbox.setAttribute('aria-label', `Compare ${name}, ${next.id}`)
    json.setAttribute('aria-label', `Download ${name} as JSON`)
    html.setAttribute('aria-label', `Download ${name} as HTML`)
  }

  update(trace)
  return { row, checkbox, link, update }
}

function downloadLink(ref: string, format: 'json' | 'html', text: string): HTMLAnchorElement {
  return element('a', { text, attributes: { href: downloadAddress(ref, format), download: '' } })
}
