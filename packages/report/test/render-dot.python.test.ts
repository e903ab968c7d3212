import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { buildReport, parseRecords, renderDot } from '@osprofiler/report'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { BASE_ID, makeShopTrace, timestamp } from './make-trace.js'

const script = fileURLToPath(new URL('./python-dot.py', import.meta.url))
const traces = new URL('../../../test/fixtures/conformance/traces/', import.meta.url)

/** A process that runs the code of the real command, from Debian's python3-osprofiler and python3-graphviz. */
const python = spawn('/usr/bin/python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] })
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]()

async function askPython(records: readonly TraceRecord[]): Promise<string> {
  python.stdin.write(`${JSON.stringify(records)}\n`)
  const { value, done } = await answers.next()
  if (done) throw new Error('Python ended. Are python3-osprofiler and python3-graphviz installed?')
  return JSON.parse(value)
}

afterAll(async () => {
  python.stdin.end()
  await once(python, 'exit')
})

/** Replaces the characters that Python passes on to Graphviz unescaped: backslashes, and the semicolons of entities. */
const plain = (text: string): string => text.replaceAll('\\', '/').replaceAll(';', ',')

/** Any text without the characters that Python passes on unescaped. */
const text = fc
  .oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: fc.constantFrom('"', '<', '.', 'é', '漢', '🙂'), maxLength: 8 }),
  )
  .map(plain)

const doing = fc.oneof(
  fc.record({
    kind: fc.constant('wsgi'),
    one: text,
    two: fc.string({ maxLength: 60 }).map(plain),
  }),
  fc.record({ kind: fc.constantFrom('rpc', 'driver'), one: text, two: text }),
  fc.record({ kind: text.map(name => `x${name.replaceAll('-', '_')}`), one: text, two: text }),
)

const point = fc.record({
  doing,
  parent: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  // All times are whole milliseconds, and all starts differ, because Python orders siblings by milliseconds.
  lengthMs: fc.nat(3000),
  service: text.map(service => `s${service}`),
  stops: fc.boolean(),
})

const trace = fc.array(point, { minLength: 1, maxLength: 25 }).map(points =>
  points.flatMap(({ doing: { kind, one, two }, parent, lengthMs, service, stops }, index): TraceRecord[] => {
    const above = Math.floor(parent * (index + 1)) - 1
    const info =
      kind === 'wsgi'
        ? { request: { method: one, path: two, query: '', scheme: 'http' } }
        : { function: { name: `${one}.${two}x` } }
    const common = {
      base_id: BASE_ID,
      parent_id: above < 0 ? BASE_ID : `point-${above}`,
      trace_id: `point-${index}`,
      project: 'shop',
      service,
      info: { ...info, host: 'vm' },
    }
    const start = { ...common, name: `${kind}-start`, timestamp: timestamp(index * 5000) }
    const stop = { ...common, name: `${kind}-stop`, timestamp: timestamp(index * 5000 + lengthMs * 1000) }
    return stops ? [start, stop] : [start]
  }),
)

describe("the DOT graph compared with Python's OSProfiler", () => {
  it.each(readdirSync(traces).filter(file => file.endsWith('.jsonl')))('is the same for %s', async file => {
    const records = parseRecords(readFileSync(new URL(file, traces), 'utf8'))

    // Python orders siblings by whole milliseconds. Siblings that start in the same millisecond keep the order of their
    // records.
    const inTime = records.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : 1))

    expect(renderDot(buildReport(records))).toBe(await askPython(inTime))
  })

  it('is the same for the example trace of a shop', async () => {
    expect(renderDot(buildReport(makeShopTrace()))).toBe(await askPython(makeShopTrace()))
  })

  it('is the same for any well-formed trace', async () => {
    await fc.assert(
      fc.asyncProperty(trace, async records => {
        expect(renderDot(buildReport(records))).toBe(await askPython(records))
      }),
      { numRuns: 300 },
    )
  })
})
