import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { ORDER_ATTRIBUTE, RECORDS_ATTRIBUTE } from '../export/export-otlp.js'
import { readField, readText } from '../tree/read-field.js'

const RECORDS_ELEMENT = 'id="osprofiler-records"'

/**
 * The records in Chrome's trace events as `exportPerfetto` writes them; none in those of other programs.
 *
 * @throws SyntaxError when a text among them is no JSON
 */
export function recordsOfEvents(events: readonly unknown[]): TraceRecord[] {
  return events.flatMap(event => embeddedRecords(readField(event, 'args', 'osprofiler_records')))
}

/**
 * The records in speedscope's JSON as `exportSpeedscope` writes it; none in that of other programs.
 *
 * @throws SyntaxError when a text among them is no JSON
 */
export function recordsOfSpeedscope(value: unknown): TraceRecord[] {
  return embeddedRecords(readField(value, 'osprofiler', 'records'))
}

/**
 * The records in OTLP's JSON as `exportOtlp` writes it; none in that of other programs.
 *
 * @throws SyntaxError when the attribute that holds them was changed
 */
export function recordsOfOtlp(value: unknown): TraceRecord[] {
  const found = listOf(readField(value, 'resourceSpans'))
    .flatMap(resource => listOf(readField(resource, 'scopeSpans')))
    .flatMap(scope => listOf(readField(scope, 'spans')))
    .flatMap(span => {
      const text = attributeOf(span, RECORDS_ATTRIBUTE, 'stringValue')
      const order = Number(attributeOf(span, ORDER_ATTRIBUTE, 'intValue') ?? 0)
      return typeof text === 'string' ? [{ order, text }] : []
    })
  return found.sort((a, b) => a.order - b.order).flatMap(({ text }) => listOf(parseJson(text))) as TraceRecord[]
}

/**
 * As `recordsOfOtlp`, of several documents, each on a line of its own: the parts of a large trace.
 *
 * @throws SyntaxError for a line that is no JSON
 */
export function recordsOfOtlpLines(text: string): TraceRecord[] {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return recordsOfOtlp({ resourceSpans: lines.flatMap(line => listOf(readField(parseJson(line), 'resourceSpans'))) })
}

/**
 * The records in the page that `osprofiler trace show --html` writes; `undefined` in another page.
 *
 * @throws SyntaxError when they are no JSON
 */
export function recordsOfPage(html: string): TraceRecord[] | undefined {
  const id = html.indexOf(RECORDS_ELEMENT)
  const start = html.indexOf('>', id) + 1
  const end = html.indexOf('</script', start)
  if (id === -1 || start === 0 || end === -1) return undefined
  return listOf(parseJson(html.slice(start, end))) as TraceRecord[]
}

/** The records of a list, of which those stand as texts that hold what other programs refuse. */
function embeddedRecords(list: unknown): TraceRecord[] {
  return listOf(list).map(record => (typeof record === 'string' ? parseJson(record) : record)) as TraceRecord[]
}

function attributeOf(span: unknown, key: string, kind: string): unknown {
  const attribute = listOf(readField(span, 'attributes')).find(entry => readText(entry, 'key') === key)
  return readField(attribute, 'value', kind)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
