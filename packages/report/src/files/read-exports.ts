import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { ORDER_ATTRIBUTE, RECORDS_ATTRIBUTE } from '../export/export-otlp.js'
import { readField, readText } from '../tree/read-field.js'

const RECORDS_ELEMENT = 'id="osprofiler-records"'

/** Returns the records that `exportPerfetto` wrote, if any. Throws a SyntaxError if an embedded text is not JSON. */
export function recordsOfEvents(events: readonly unknown[]): TraceRecord[] {
  return events.flatMap(event => embeddedRecords(readField(event, 'args', 'osprofiler_records')))
}

/** Returns the records that `exportSpeedscope` wrote, if any. Throws a SyntaxError if an embedded text is not JSON. */
export function recordsOfSpeedscope(value: unknown): TraceRecord[] {
  return embeddedRecords(readField(value, 'osprofiler', 'records'))
}

/** Returns the records that `exportOtlp` wrote, if any. Throws a SyntaxError if their attribute was changed. */
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

/** Works like `recordsOfOtlp`, with a part of a trace on each line. Throws a SyntaxError if a line is not JSON. */
export function recordsOfOtlpLines(text: string): TraceRecord[] {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return recordsOfOtlp({ resourceSpans: lines.flatMap(line => listOf(readField(parseJson(line), 'resourceSpans'))) })
}

/** Returns the records in a page of `--html`, or `undefined`. Throws a SyntaxError if the records are not JSON. */
export function recordsOfPage(html: string): TraceRecord[] | undefined {
  const id = html.indexOf(RECORDS_ELEMENT)
  const start = html.indexOf('>', id) + 1
  const end = html.indexOf('</script', start)
  if (id === -1 || start === 0 || end === -1) return undefined
  return listOf(parseJson(html.slice(start, end))) as TraceRecord[]
}

/** Returns the records of a list. A record that other programs would refuse is in the list as a text. */
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
