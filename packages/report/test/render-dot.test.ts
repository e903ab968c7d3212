import type { TraceRecord } from '@osprofiler/core'
import { buildReport, renderDot } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BASE_ID, makeTrace, recordsOf, served } from './make-trace.js'

function dot(records: readonly TraceRecord[]): string {
  return renderDot(buildReport(records))
}

/** The pattern of a line between the braces of a graph: a node with one quoted label, or an edge. */
const LINE = /^\t(?:\d+ \[label="(?:[^"\\]|\\.)*"\]|\d+ -> \d+)$/

describe('renderDot', () => {
  it('writes a node for each point, then everything below the point, and then the edge that leads to the point', () => {
    const graph = dot(
      makeTrace(
        { id: 'a', ...served('/orders/7/with/a/path/that/is/long'), from: 0, to: 9500 },
        { id: 'b', parent: 'a', name: 'rpc', info: { function: { name: 'shop.Orders.list' } }, from: 1000, to: 5999 },
        { id: 'c', parent: 'b', name: 'db', from: 2000, to: 3000 },
        { id: 'd', parent: 'a', name: 'db', from: 6000 },
      ),
    )

    expect(graph).toBe(
      [
        'digraph {',
        '\t0 [label="total - 9 ms"]',
        '\t1 [label="api:wsgi - 9 ms\\nGET /orders/7/with/a/path/that/is/.."]',
        '\t2 [label="api:rpc - 4 ms\\nlist"]',
        '\t3 [label="api:db - 1 ms"]',
        '\t2 -> 3',
        '\t1 -> 2',
        '\t4 [label="api:db - 0 ms"]',
        '\t1 -> 4',
        '\t0 -> 1',
        '}',
        '',
      ].join('\n'),
    )
  })

  it('keeps the part of a name after a dash, which Python removes', () => {
    expect(dot(makeTrace({ id: 'a', name: 'cache-get', from: 0, to: 5000 }))).toContain('"api:cache-get - 5 ms"')
  })

  it('draws points without a service, a function or a start, for which Python fails', () => {
    const nameless = recordsOf({ id: 'a', name: 'db', from: 0, to: 1000 }).map(record => ({ ...record, service: null }))
    const [, stop] = recordsOf({ id: 'c', ...served('/'), from: 0, to: 3000 })
    const records = [...nameless, ...makeTrace({ id: 'b', name: 'rpc', from: 500, to: 2500 }), stop]

    const graph = dot(records as TraceRecord[])

    expect(graph).toContain('[label="db - 1 ms"]')
    expect(graph).toContain('[label="api:rpc - 2 ms"]')
    expect(graph).toContain('[label="api:wsgi - 0 ms"]')
    expect(dot([])).toBe('digraph {\n\t0 [label="total - 0 ms"]\n}\n')
  })

  it('shows quotes, backslashes, tags and control characters as text', () => {
    const service = '<b>"]; evil [URL="javascript:alert(1)"]\\'
    const graph = dot(makeTrace({ id: 'a', service, name: '\\N\u0000\u202e\nx', from: 0, to: 1000 }))

    expect(graph).toContain(
      String.raw`[label="<b>\"]; evil [URL=\"javascript:alert(1)\"]\\:\\N\\u0000\\u202e\\nx - 1 ms"]`,
    )
  })

  it('leaves a query string unchanged, and shows an entity as text', () => {
    const graph = dot(makeTrace({ id: 'a', name: 'a=1&b=2 &lt;&#60;', from: 0, to: 1000 }))

    expect(graph).toContain('[label="api:a=1&b=2 &amp;lt;&amp;#60; - 1 ms"]')
  })

  it('writes only nodes and edges for any records', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 10 }),
      fc.string({ unit: fc.constantFrom('\\', '"', '<', '>', '\n', ']', ';'), maxLength: 6 }),
    )
    fc.assert(
      fc.property(fc.constantFrom('wsgi', 'rpc', 'x'), text, text, text, (kind, service, name, called) => {
        const info = { request: { method: name, path: called }, function: { name: called } }
        const graph = dot(makeTrace({ id: 'a', service, name: kind === 'x' ? name : kind, info, from: 0, to: 1000 }))

        const lines = graph.split('\n')

        expect(lines).toHaveLength(6)
        expect(lines.slice(1, 4).filter(line => !LINE.test(line))).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('cuts names that are a megabyte long', () => {
    const long = 'n'.repeat(1_000_000)

    expect(dot(makeTrace({ id: 'a', name: long, service: long, from: 0, to: 1 })).length).toBeLessThan(10_000)
  })

  it('draws cycles once, and draws 20,000 levels without overflowing the stack', () => {
    const cycle = makeTrace({ id: 'a', parent: 'b', from: 0, to: 2 }, { id: 'b', parent: 'a', from: 1, to: 2 })
    const deep = makeTrace(
      ...Array.from({ length: 20_000 }, (_, index) => ({
        id: `${index}`,
        parent: index === 0 ? BASE_ID : `${index - 1}`,
        from: index,
        to: 80_000 - index,
      })),
    )

    expect(dot(cycle).match(/ -> /g)).toHaveLength(2)
    expect(dot(deep).match(/ -> /g)).toHaveLength(20_000)
  })
})
