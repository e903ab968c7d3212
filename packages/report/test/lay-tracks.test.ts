import { buildReport, type ReportNode } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layTracks } from '../src/export/lay-tracks.js'
import { hostileRecords } from './hostile-records.js'
import { makeTrace, type Point } from './make-trace.js'

describe('layTracks', () => {
  const parallel = [
    { id: 'a', from: 0, to: 100 },
    { id: 'b', parent: 'a', from: 10, to: 50 },
    { id: 'c', parent: 'a', from: 40, to: 90 },
    { id: 'd', parent: 'b', from: 20, to: 30 },
    { id: 'e', parent: 'a', from: 60, to: 70 },
    { id: 'f', parent: 'a', from: 95, to: 120 },
  ]

  function tracksOf(points: readonly Point[], groupOf: (node: ReportNode) => string = () => ''): string[] {
    return layTracks(buildReport(makeTrace(...points)), groupOf).map(({ points }) =>
      points.map(({ node, isNested }) => (isNested ? node.traceId : node.traceId.toUpperCase())).join(' '),
    )
  }

  it('nests points that fit, and puts overlapping points on another track', () => {
    expect(tracksOf(parallel)).toEqual(['A b d e', 'C F'])
  })

  it('never puts points from two groups on one track', () => {
    expect(tracksOf(parallel, ({ traceId }) => (traceId === 'd' ? 'x' : ''))).toEqual(['A b e', 'D', 'C F'])
  })

  it('places every point once, and puts no points on one track that overlap only partly', () => {
    fc.assert(
      fc.property(hostileRecords, records => {
        const report = buildReport(records)
        const tracks = layTracks(report, ({ service }) => service ?? '')

        expect(tracks.flatMap(({ points }) => points.map(({ node }) => node.traceId)).toSorted()).toEqual(
          report.points.map(node => node.traceId).toSorted(),
        )
        for (const { points } of tracks) {
          for (const [index, first] of points.entries()) {
            for (const second of points.slice(index + 1)) {
              const isWithin = second.startUs >= first.startUs && second.endUs <= first.endUs
              expect(isWithin || second.startUs >= first.endUs).toBe(true)
            }
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('handles 100,000 simultaneous points', () => {
    const points = Array.from({ length: 100_000 }, (_, index) => ({ id: `${index}`, from: index, to: 200_000 + index }))

    expect(layTracks(buildReport(makeTrace(...points)), () => '')).toHaveLength(100_000)
  })
})
