import { describe, expect, it } from 'vitest'
import { findKnownSpans } from '../src/analysis/known-spans.js'
import { reportOf } from './find.js'
import type { Point } from './make-trace.js'

function spansOf(...points: readonly Point[]): Record<string, unknown> {
  const spans = findKnownSpans(reportOf(...points)).values()
  return Object.fromEntries(
    Array.from(spans, ({ node, startUs, endUs, lastUs, isOpen }) => [node.traceId, { startUs, endUs, lastUs, isOpen }]),
  )
}

describe('findKnownSpans', () => {
  it("returns a point's interval, and the end of work that outlasted the point", () => {
    expect(spansOf({ id: 'a', from: 0, to: 10 }, { id: 'b', parent: 'a', from: 5, to: 30 })).toMatchObject({
      a: { startUs: 0, endUs: 10, lastUs: 30, isOpen: false },
      b: { startUs: 5, endUs: 30, lastUs: 30 },
    })
  })

  it('extends an unfinished point to the last known time below it', () => {
    expect(spansOf({ id: 'a', from: 0 }, { id: 'b', parent: 'a', from: 5, to: 30 })).toMatchObject({
      a: { startUs: 0, endUs: 30, isOpen: true },
    })
  })
})
