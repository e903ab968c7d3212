import { describe, expect, it } from 'vitest'
import { groupRepeats } from '../src/analysis/repeats/group-repeats.js'
import { reportOf } from './find.js'

/** Returns the groups of points with these keys. The nth point comes from the nth line, if there is one. */
function groupsOf(names: string, lines: readonly unknown[], more: Record<string, unknown> = {}): string[] {
  const points = Array.from(names, (name, index) => ({
    ...{ id: `${name}${index}`, name, from: index, to: index + 1 },
    info: { ...more, ...(lines[index] === undefined ? {} : { code: { file: 'src/a.ts', line: lines[index] } }) },
  }))
  const groups = groupRepeats(reportOf(...points).points, node => node.name)
  return groups.map(nodes => nodes.map(({ traceId }) => traceId).join(' '))
}

describe('groupRepeats', () => {
  it('groups points by their key, in the order in which the keys appear', () => {
    expect(groupsOf('abab', [])).toEqual(['a0 a2', 'b1 b3'])
    expect(groupsOf('', [])).toEqual([])
  })

  it('separates points with the same key that come from different lines', () => {
    expect(groupsOf('aaaa', [1, 2, 1, 2])).toEqual(['a0 a2', 'a1 a3'])
  })

  it('keeps points without a known line together with the others if the others come from one line', () => {
    expect(groupsOf('aaa', [1, undefined, 1])).toEqual(['a0 a1 a2'])
    expect(groupsOf('aaa', [])).toEqual(['a0 a1 a2'])
  })

  it('has a separate group for points without a known line if the others come from several lines', () => {
    expect(groupsOf('aaaa', [1, undefined, 2, undefined])).toEqual(['a0', 'a1 a3', 'a2'])
  })

  it.each([0, -1, 1.5, '2', null, {}])('ignores the invalid line %o', line => {
    expect(groupsOf('aa', [1, line])).toEqual(['a0 a1'])
  })

  it('groups framework layers only by their key', () => {
    expect(groupsOf('aab', [1, 2, 3], { layer: { name: 'auth' } })).toEqual(['a0 a1', 'b2'])
  })

  it('accepts a point as its own key', () => {
    const { points } = reportOf({ id: 'a', from: 0, to: 1 }, { id: 'b', from: 0, to: 1 })

    expect(groupRepeats(points, node => node)).toEqual(points.map(node => [node]))
  })
})
