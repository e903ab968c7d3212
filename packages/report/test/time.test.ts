import { buildReport, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { request } from './find.js'
import { makeTrace, query } from './make-trace.js'

describe('timeFindings', () => {
  it('puts findings about the critical path first, and labels the other findings', () => {
    const findings = summarize(
      buildReport(
        makeTrace(
          ...request(
            { id: 'beside', ...query('SELECT beside'), from: 0, to: 80_000 },
            { id: 'decisive', ...query('UPDATE decisive'), from: 50_000, to: 95_000 },
          ),
        ),
      ),
    )

    expect(findings.map(({ sentence }) => sentence)).toEqual([
      '45 % of this request is "UPDATE decisive" in orders (45.0 ms)',
      '80 % of this request is "SELECT beside" in orders (80.0 ms), not on the critical path',
    ])
  })
})
