import { correctSkew } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { gatherEvidence } from '../src/findings/evidence.js'
import { reportOf } from './find.js'
import { call, request } from './make-clocks.js'

const raw = reportOf(...request(...call('a', 20_000, 60_000, 500_000, ['web', 'db'])))

describe('gatherEvidence', () => {
  it('puts times on one clock, and reports whether the times that the reader sees are corrected', () => {
    const corrected = correctSkew(raw)

    expect(gatherEvidence(raw, {})).toMatchObject({ isShownCorrected: false, report: { durationUs: 200_000 } })
    expect(gatherEvidence(corrected, {})).toMatchObject({ isShownCorrected: true })
  })

  it('keeps the recorded times if they are requested', () => {
    expect(gatherEvidence(raw, { raw: true })).toMatchObject({ isShownCorrected: false, report: raw })
  })

  it('quotes at least 80 characters', () => {
    const lengths = [undefined, 5, 500].map(longestQuote => gatherEvidence(raw, { longestQuote }).longestQuote)

    expect(lengths).toEqual([80, 80, 500])
  })

  it('treats every point as lossy if records are known to be lost', () => {
    const [node] = raw.points

    const answers = [0, 3].map(dropped => node && gatherEvidence(raw, { dropped }).isLossy(node))

    expect(answers).toEqual([false, true])
  })
})
