import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { loop, request } from './find.js'
import { makeShopTrace, makeTrace, query } from './make-trace.js'

describe('summarize', () => {
  it('returns sentences with the ids of their points, sorted by time', () => {
    const findings = summarize(buildReport(makeShopTrace()))

    expect(findings.map(finding => finding.sentence)).toEqual([
      '37 % of this request is "SELECT * FROM orders WHERE lower(customer) LIKE ?" in orders (66.5 ms)',
      '26 % of this request is 20 x "SELECT ... FROM items WHERE id = ?" in orders, one after another (48.0 ms)',
      'Up to 23 % of this request might be saved if "GET catalog:8081/items" and "GET orders:8082/orders/7" in gateway ran in parallel: the records show no dependency (41.2 ms)',
      '18 % of this request is "GET /items" in catalog after "SELECT id, title FROM catalog", with nothing recorded (32.8 ms)',
      'The critical path is 73 % in orders, 21 % in catalog, 6 % in gateway',
    ])
    expect(findings.slice(0, 4).map(finding => finding.traceIds)).toEqual([
      ['slow'],
      Array.from({ length: 20 }, (_, index) => `item-${index}`),
      ['to-catalog', 'to-orders'],
      ['catalog'],
    ])
  })

  it('returns no finding if nothing stands out', () => {
    expect(summarize(buildReport([]))).toEqual([])
  })

  it('returns at most the given number of findings of each kind', () => {
    const steps = loop(6, index => ({
      ...query(`UPDATE ${'abc'.charAt(index % 3)}`),
      from: index * 16_000,
      to: index * 16_000 + 15_000,
    }))

    expect(summarize(buildReport(makeTrace(...request(...steps))), { limit: 1 })).toHaveLength(1)
    expect(summarize(buildReport(makeTrace(...request(...steps)))).length).toBeGreaterThan(1)
  })
})
