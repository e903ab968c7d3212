import { buildReport } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { readCallSite } from '../src/tree/read-call-site.js'
import type { ReportNode } from '../src/tree/report.js'
import { reportOf } from './find.js'
import { makeTrace } from './make-trace.js'

function nodeWith(code: unknown): ReportNode {
  const [node] = reportOf({ id: 'a', from: 0, to: 9, info: { code } }).points
  if (node === undefined) throw new Error('The report has no point')
  return node
}

describe('readCallSite', () => {
  it('reads the line that made a point from the start record', () => {
    const node = nodeWith({ file: 'src/orders.ts', line: 41, column: 7, function: 'loadItems' })

    expect(readCallSite(node)).toEqual({ file: 'src/orders.ts', line: 41, column: 7, function: 'loadItems' })
  })

  it.each<[string, unknown]>([
    ['of wrong types', { file: 'a.ts', line: 1, column: '7', function: 7 }],
    ['out of range', { file: 'a.ts', line: 1, column: 0, function: 'f'.repeat(201) }],
    ['missing', { file: 'a.ts', line: 1 }],
  ])('leaves out a column and a function that are %s', (_, code) => {
    expect(readCallSite(nodeWith(code))).toEqual({ file: 'a.ts', line: 1, column: undefined, function: undefined })
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', 'a.ts:1'],
    ['a list', ['a.ts', 1]],
    ['an object without a line', { file: 'a.ts' }],
    ['an object with a line beyond ten million', { file: 'a.ts', line: 10_000_001 }],
    ['an object with a control character in its file', { file: 'a\u001b[2J.ts', line: 1 }],
    ['an object that inherits its members', Object.create({ file: 'a.ts', line: 1 })],
  ])('returns undefined if info.code is %s', (_, code) => {
    expect(readCallSite(nodeWith(code))).toBeUndefined()
  })

  it('returns undefined for a point without a start record, even if its stop record names a line', () => {
    const records = makeTrace({ id: 'a', from: 0, to: 9, stopInfo: { code: { file: 'a.ts', line: 1 } } })
    const [node] = buildReport(records.slice(1)).points

    expect(node?.stop?.info).toHaveProperty('code')
    expect(node && readCallSite(node)).toBeUndefined()
  })

  it('returns undefined if the info of the start record is not an object', () => {
    const { start } = nodeWith(undefined)

    expect(start && readCallSite({ start: { ...start, info: null as never } })).toBeUndefined()
  })
})
