import { describe, expect, it } from 'vitest'
import { createGapExplainer } from '../src/why/account/explain-gaps.js'
import { collectPieces, entryOf, periodsOf, ranOf, sectionOf, type TestSample } from './fixtures/recordings.js'

const TIMER = { kind: 'wait', what: 'timer' } as const

function explainerOf(sections: readonly (readonly [number, number])[], ...samples: readonly TestSample[]) {
  const pieces = collectPieces()
  const entry = entryOf({ type: 'Timeout', initAt: 0 })
  const explain = createGapExplainer(
    sections.map(([from, to]) => sectionOf(from, to, entry)),
    periodsOf(...samples),
    pieces.put,
  )
  return { explain, pieces }
}

describe('the cause of a period between sections', () => {
  it('leaves out the sections in the period', () => {
    const { explain, pieces } = explainerOf([
      [0, 2],
      [4, 6],
      [9, 12],
    ])

    explain(1, 10, TIMER)

    expect(pieces.texts).toEqual(['2-4 wait timer', '6-9 wait timer'])
  })

  it('does not replace an earlier cause', () => {
    const { explain, pieces } = explainerOf([])

    explain(3, 5, TIMER)
    explain(0, 9, { kind: 'wait', what: 'promise' })
    explain(4, 8, { kind: 'wait', what: 'fs' })

    expect(pieces.texts).toEqual(['0-3 wait promise', '3-5 wait timer', '5-9 wait promise'])
  })

  it('names the code that ran while the request was ready', () => {
    const samples: readonly TestSample[] = [
      [1, ranOf('code', 'rebuildIndex')],
      [3, ranOf('code', 'processTimers', { isNode: true })],
      [5, ranOf('gc')],
      [7, ranOf('idle')],
    ]
    const { explain, pieces } = explainerOf([], ...samples)

    explain(0, 8, undefined)

    expect(pieces.texts).toEqual([
      '0-2 held by rebuildIndex',
      '2-4 held by Node.js',
      '4-6 held by garbage collection',
      '6-8 held',
    ])
  })

  it('is a wait if the samples show an idle event loop while the request waited or was ready', () => {
    const { explain, pieces } = explainerOf([], [1, ranOf('idle')], [3, ranOf('code', 'rebuildIndex')])

    explain(0, 4, { kind: 'either', what: 'fs' })

    expect(pieces.texts).toEqual(['0-2 wait fs', '2-4 either fs by rebuildIndex'])
  })

  it('stays uncertain without samples', () => {
    const { explain, pieces } = explainerOf([])

    explain(0, 4, { kind: 'either', what: 'fs' })
    explain(4, 6, undefined)

    expect(pieces.texts).toEqual(['0-4 either fs', '4-6 held'])
  })

  it('is nothing for an empty period', () => {
    const { explain, pieces } = explainerOf([])

    explain(4, 4, TIMER)
    explain(5, 3, TIMER)

    expect(pieces.texts).toEqual([])
  })
})
