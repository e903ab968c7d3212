import { describe, expect, it } from 'vitest'
import { createSectionDivider } from '../src/why/account/divide-section.js'
import { collectPieces, entryOf, periodsOf, ranOf, sectionOf, type TestSample } from './fixtures/recordings.js'

const entry = entryOf({ type: 'Timeout', initAt: 0 })

/** Divides a section from 10 to 20 ms, whose resource was created by the function `handler`. */
function divide(
  samples: readonly TestSample[],
  collections: Parameters<typeof createSectionDivider>[0] = [],
): string[] {
  const pieces = collectPieces()
  createSectionDivider(
    collections,
    periodsOf(...samples),
    () => ({ function: 'handler' }),
    pieces.put,
  )(sectionOf(10, 20, entry))
  return pieces.texts
}

describe('a section of a request', () => {
  it('is divided among the functions that ran', () => {
    expect(
      divide([
        [12, ranOf('code', 'parse')],
        [14, ranOf('code', 'render')],
      ]),
    ).toEqual(['10-13 cpu parse', '13-20 cpu render'])
  })

  it('is short code of the function that created its resource if no sample was taken', () => {
    expect(divide([])).toEqual(['10-20 short handler'])
  })

  it('ignores samples that show an idle event loop', () => {
    expect(
      divide([
        [12, ranOf('idle')],
        [15, ranOf('code', 'parse')],
      ]),
    ).toEqual(['10-20 cpu parse'])
  })

  it("gives Node's own code to the function that created the resource", () => {
    expect(divide([[12, ranOf('code', 'processTimers', { isNode: true })]])).toEqual([
      '10-20 native processTimers handler',
    ])
  })

  it('names the function that ran before a collection or native code', () => {
    const samples: readonly TestSample[] = [
      [12, ranOf('code', 'parse')],
      [14, ranOf('gc')],
      [16, ranOf('native')],
    ]

    expect(divide(samples)).toEqual(['10-13 cpu parse', '13-15 gc parse', '15-20 native parse'])
  })

  it('separates collections from the code around them', () => {
    const collections = [
      { from: 5, to: 11, kind: 1 },
      { from: 14, to: 15, kind: 4 },
      { from: 25, to: 26, kind: 1 },
    ]

    expect(divide([[12, ranOf('code', 'parse')]], collections)).toEqual([
      '10-11 gc scavenge parse',
      '11-14 cpu parse',
      '14-15 gc mark-sweep parse',
      '15-20 cpu parse',
    ])
  })

  it('counts the samples that belong to the request', () => {
    const ran = ranOf('code', 'parse')

    divide([
      [12, ran],
      [13, ran],
    ])

    expect(ran.own).toBe(2)
  })
})
