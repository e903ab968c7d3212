import { buildReport, correctSkew, summarize } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { call, request } from './make-clocks.js'
import { makeTrace, sent, served } from './make-trace.js'

describe('the finding about clocks that differ', () => {
  it('says whether the times are shown corrected or as recorded', () => {
    const raw = buildReport(makeTrace(...request(...call('a', 20_000, 60_000, 500_000, ['web', 'db']))))
    const sentence = (findings: ReturnType<typeof summarize>) =>
      findings.filter(({ kind }) => kind === 'skew').map(finding => finding.sentence)

    expect(sentence(summarize(raw))).toEqual([
      'The clock of host db is 500 ms ahead of that of web (± 2.00 ms): its times are shown here as recorded',
    ])
    expect(sentence(summarize(correctSkew(raw)))).toEqual([
      'The clock of host db is 500 ms ahead of that of web (± 2.00 ms): its times are corrected here',
    ])
  })

  it("refers only to the clock's points, even if the host has several clocks", () => {
    const skewUs = 5_000_000
    const raw = buildReport(
      makeTrace(
        { id: 'call', service: 'web', ...sent('db', 80, '/'), from: 0, to: 100_000 },
        { id: 'callee', parent: 'call', service: '', ...served('/'), from: 10_000 + skewUs, to: 60_000 + skewUs },
      ),
    )

    const findings = summarize(raw).filter(({ kind }) => kind === 'skew')

    expect(findings.map(({ traceIds }) => traceIds)).toEqual([['callee']])
  })
})
