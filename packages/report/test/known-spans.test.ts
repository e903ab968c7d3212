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

describe('what is known of when a point ran', () => {
  it('is its interval, and how long what it left behind ran on', () => {
    expect(spansOf({ id: 'a', from: 0, to: 10 }, { id: 'b', parent: 'a', from: 5, to: 30 })).toMatchObject({
      a: { startUs: 0, endUs: 10, lastUs: 30, isOpen: false },
      b: { startUs: 5, endUs: 30, lastUs: 30 },
    })
  })

  it('reaches as far as what lies below, where it never finished', () => {
    expect(spansOf({ id: 'a', from: 0 }, { id: 'b', parent: 'a', from: 5, to: 30 })).toMatchObject({
      a: { startUs: 0, endUs: 30, isOpen: true },
    })
  })
})
