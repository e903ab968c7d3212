import { readdirSync, readFileSync } from 'node:fs'
import { buildReport, parseRecords, reportJson } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { makeTrace } from './make-trace.js'
import { withoutOwnKeys } from './without-own-keys.js'

const traces = new URL('../../../test/fixtures/conformance/traces/', import.meta.url)
const names = readdirSync(traces)
  .filter(file => file.endsWith('.jsonl'))
  .map(file => file.slice(0, -'.jsonl'.length))

function readTrace(file: string): string {
  return readFileSync(new URL(file, traces), 'utf8')
}

describe('reportJson', () => {
  it('is compared with at least five conformance traces', () => {
    expect(names.length).toBeGreaterThanOrEqual(5)
  })

  it.each(names)("equals Python's output for %s, apart from our own keys", name => {
    const records = parseRecords(readTrace(`${name}.jsonl`))

    const report = JSON.parse(JSON.stringify(reportJson(buildReport(records))))

    expect(withoutOwnKeys(report)).toEqual(withoutOwnKeys(JSON.parse(readTrace(`${name}.report.json`))))
  })

  it('writes microseconds and marks under keys that Python does not have', () => {
    const records = makeTrace({ id: 'a', from: 0, to: 1_500 }, { id: 'b', parent: 'a', from: 1_234 })

    const { info, children } = reportJson(buildReport(records))

    expect(info).toMatchObject({ finished: 1, finished_us: 1500, started_at: '2026-11-22T11:00:00.000000' })
    expect(children[0]?.info).toMatchObject({ started_us: 0, finished_us: 1500, marks: [] })
    expect(children[0]?.children[0]?.info).toMatchObject({
      started: 1,
      finished: 1,
      started_us: 1234,
      finished_us: null,
      marks: ['unfinished'],
    })
  })

  it('orders siblings by microseconds if their milliseconds are equal', () => {
    const records = makeTrace(
      { id: 'second', from: 900, to: 950 },
      { id: 'third', from: 901, to: 920 },
      { id: 'first', from: 100, to: 990 },
    )

    const { children } = reportJson(buildReport(records))

    expect(children.map(child => child.trace_id)).toEqual(['first', 'second', 'third'])
  })

  it('truncates start and stop to whole milliseconds before it subtracts them, as Python does', () => {
    const records = makeTrace({ id: 'a', from: 0, to: 9000 }, { id: 'b', name: 'db', from: 1999, to: 2001 })

    expect(reportJson(buildReport(records)).stats).toMatchObject({ db: { count: 1, duration: 1 } })
  })

  it('counts points named __proto__ like any other points', () => {
    const records = makeTrace({ id: '__proto__', name: '__proto__', from: 0, to: 2000 })

    const report = JSON.parse(JSON.stringify(reportJson(buildReport(records))))

    expect(Object.entries(report.stats)).toEqual([['__proto__', { count: 1, duration: 2 }]])
    expect(report.children[0].trace_id).toBe('__proto__')
  })
})
