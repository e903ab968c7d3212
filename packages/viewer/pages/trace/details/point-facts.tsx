import { formatCount, formatDuration, type ReportNode } from '@osprofiler/report'
import { readNumber, readStatus } from '@osprofiler/report/toolkit'

/** Shows a point's result according to its records: the status, rows, and the times of the first and last byte. */
export function PointFacts({ node }: { readonly node: ReportNode }) {
  const facts = listFacts(node)
  if (facts.length === 0) return null
  return (
    <dl class="numbers facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function listFacts({ stop }: ReportNode): (readonly [name: string, value: string])[] {
  const count = (...path: readonly string[]): string | undefined => {
    const value = readNumber(stop, 'info', ...path)
    return value !== undefined && Number.isSafeInteger(value) && value >= 0 ? formatCount(value) : undefined
  }
  const time = (...path: readonly string[]): string | undefined => {
    const ms = readNumber(stop, 'info', ...path)
    return ms !== undefined && ms >= 0 && ms < 1e9 ? formatDuration(ms * 1000) : undefined
  }
  const status = readStatus(stop)
  const rows = [
    ['Status', status !== undefined && Number.isSafeInteger(status) ? String(status) : undefined],
    ['Rows', count('db', 'rows')],
    ['First byte', time('requests', 'first_byte_ms') ?? time('response', 'first_byte_ms')],
    ['Last byte', time('requests', 'last_byte_ms')],
    ['Written', time('response', 'ended_ms')],
    ['Body bytes', count('response', 'body_bytes')],
    ['Connecting', time('requests', 'connection', 'connect_ms')],
  ] as const
  return rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))
}
