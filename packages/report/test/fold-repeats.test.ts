import { describe, expect, it } from 'vitest'
import { createFold, findTroubledBelow } from '../src/analysis/repeats/fold-repeats.js'
import { loop, reportOf } from './find.js'
import { type Point, query } from './make-trace.js'

const queries = loop(4, index => ({ ...query(`SELECT ${index}`), from: index, to: index + 1 }))

function fold(points: readonly Point[], staysAlone: string[] = []): string[] {
  const report = reportOf(...points)
  const groups = createFold(findTroubledBelow(report), ({ traceId }) => staysAlone.includes(traceId))(report.roots)
  return groups.map(nodes => nodes.map(({ traceId }) => traceId).join(' '))
}

describe('siblings with the same action', () => {
  it('are folded if there are at least three', () => {
    expect(fold(queries)).toEqual(['step-0 step-1 step-2 step-3'])
    expect(fold(queries.slice(2))).toEqual(['step-2', 'step-3'])
  })

  it('are not folded with a sibling that ended differently', () => {
    const failed = { id: 'failed', ...query('SELECT 5'), from: 9, to: 10, stopInfo: { etype: 'E' } }

    expect(fold([...queries, failed])).toEqual(['step-0 step-1 step-2 step-3', 'failed'])
  })

  it('are not folded with a sibling that has a failed or marked point below it', () => {
    const below = { id: 'below', parent: 'step-1', from: 1 }

    expect(fold([...queries, below])).toEqual(['step-0 step-2 step-3', 'step-1'])
  })

  it('are not folded with a sibling that the caller excludes', () => {
    expect(fold(queries, ['step-3'])).toEqual(['step-0 step-1 step-2', 'step-3'])
  })
})
