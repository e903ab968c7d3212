import { randomUUID } from 'node:crypto'
import type { TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { buildReport, exportOtlp } from '@osprofiler/report'
import { expect, it, onTestFinished } from 'vitest'
import { makeRecord } from '../packages/drivers/test/make-record.js'
import { startOtlpReceiver } from '../packages/drivers/test/otlp-receiver.js'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status: { readonly code?: number }
}

it.each([
  ['UUIDs', randomUUID(), [randomUUID(), randomUUID(), randomUUID()]],
  ['UUIDs without their hyphens, in upper case', randomUUID().replaceAll('-', '').toUpperCase(), ['a', 'b', 'c']],
  ['other texts', '../../é\u001b', ['*', 'é', '00000000-0000-0000-0000-000000000000']],
])(
  'an otlp:// store and the export of a report tell of %s by the same ids, kinds and times',
  async (_, base_id, ids) => {
    const receiver = await startOtlpReceiver()
    const driver = openDriver(`otlp://127.0.0.1:${receiver.port}`)
    onTestFinished(() => driver.close())
    const records = makeTrace(base_id, ids)

    await driver.write(records)
    const document = JSON.parse([...exportOtlp(buildReport(records))].join(''))

    const exported: Span[] = document.resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: { spans: Span[] }[] }) =>
      scopeSpans.flatMap(({ spans }) => spans),
    )
    const sent = receiver.spans.map(({ traceId, spanId, parentSpanId, kind, start, end, status }) =>
      [traceId, spanId, parentSpanId, kind, String(start), String(end), status.code].join(),
    )
    expect(exported).toHaveLength(ids.length)
    expect(sent.sort()).toEqual(
      exported
        .map(span =>
          [
            ...[span.traceId, span.spanId, span.parentSpanId ?? '', span.kind],
            ...[span.startTimeUnixNano, span.endTimeUnixNano, span.status.code ?? 0],
          ].join(),
        )
        .sort(),
    )
  },
)

/** A served request, within it an outgoing one, within that a query that fails. */
function makeTrace(base_id: string, ids: readonly string[]): TraceRecord[] {
  const infos = [
    { request: { method: 'GET' } },
    { requests: { method: 'GET', hostname: 'a' } },
    { db: { statement: '' } },
  ]
  const names = ['wsgi', 'http', 'db']
  const starts = ids.map((trace_id, index) =>
    makeRecord({
      base_id,
      trace_id,
      parent_id: ids[index - 1] ?? base_id,
      name: `${names[index]}-start`,
      info: infos[index] ?? {},
    }),
  )
  const stops = starts.map((start, index) => ({
    ...start,
    name: `${names[index]}-stop`,
    timestamp: makeRecord().timestamp,
    info: index === 2 ? { etype: 'ValueError', message: 'no' } : {},
  }))
  return [...starts, ...stops]
}
