import type { TraceRecord } from '@osprofiler/core'
import { parseJson } from '@osprofiler/core/json'
import { ORDER_ATTRIBUTE, RECORDS_ATTRIBUTE } from '../export/export-otlp.js'
import { readField, readText } from '../tree/read-field.js'

const RECORDS_ELEMENT_ID = 'id="osprofiler-records"'

/** Returns the records that `exportPerfetto` wrote, if any. Throws a SyntaxError if an embedded string is not JSON. */
export function readPerfettoRecords(events: readonly unknown[]): TraceRecord[] {
  return events.flatMap(event => parseEmbeddedRecords(readField(event, 'args', 'osprofiler_records')))
}

/**
 * Returns the records that `exportSpeedscope` wrote, if any. Throws a SyntaxError if an embedded string is not JSON.
 */
export function readSpeedscopeRecords(value: unknown): TraceRecord[] {
  return parseEmbeddedRecords(readField(value, 'osprofiler', 'records'))
}

/**
 * Returns the records that `exportOtlp` wrote, if any. Throws a SyntaxError if the attribute with the records is not
 * JSON.
 */
export function readOtlpRecords(value: unknown): TraceRecord[] {
  const found = toList(readField(value, 'resourceSpans'))
    .flatMap(resource => toList(readField(resource, 'scopeSpans')))
    .flatMap(scope => toList(readField(scope, 'spans')))
    .flatMap(span => {
      const text = readAttribute(span, RECORDS_ATTRIBUTE, 'stringValue')
      const order = Number(readAttribute(span, ORDER_ATTRIBUTE, 'intValue') ?? 0)
      return typeof text === 'string' ? [{ order, text }] : []
    })
  return found.sort((a, b) => a.order - b.order).flatMap(({ text }) => toList(parseJson(text))) as TraceRecord[]
}

/**
 * Works like `readOtlpRecords`, but reads a file with a part of the trace on each line. Throws a SyntaxError if a line
 * is not JSON.
 */
export function readOtlpLinesRecords(text: string): TraceRecord[] {
  const lines = text.split('\n').filter(line => line.trim() !== '')
  return readOtlpRecords({ resourceSpans: lines.flatMap(line => toList(readField(parseJson(line), 'resourceSpans'))) })
}

/**
 * Returns the records in a page that `--html` wrote, or `undefined` if there are none. Throws a SyntaxError if the
 * records are not JSON.
 */
export function readPageRecords(html: string): TraceRecord[] | undefined {
  const id = html.indexOf(RECORDS_ELEMENT_ID)
  const start = html.indexOf('>', id) + 1
  const end = html.indexOf('</script', start)
  if (id === -1 || start === 0 || end === -1) return undefined
  return toList(parseJson(html.slice(start, end))) as TraceRecord[]
}

/** Returns the records in a list. A record that other programs could not parse is in the list as a string of JSON. */
function parseEmbeddedRecords(list: unknown): TraceRecord[] {
  return toList(list).map(record => (typeof record === 'string' ? parseJson(record) : record)) as TraceRecord[]
}

function readAttribute(span: unknown, key: string, kind: string): unknown {
  const attribute = toList(readField(span, 'attributes')).find(entry => readText(entry, 'key') === key)
  return readField(attribute, 'value', kind)
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
