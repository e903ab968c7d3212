import { describe, expect, it } from 'vitest'
import { describeCauseTime, rankCause, sumExplained } from '../src/findings/cause-sentences.js'
import type { TimeFinding } from '../src/findings/time-sentences.js'
import type { Cause } from '../src/tree/account.js'
import { readAccounts } from '../src/tree/read-account.js'
import type { ReportNode } from '../src/tree/report.js'
import type { CauseTime } from '../src/why/cause-times.js'
import { why } from './make-account.js'
import { explain, makeCause } from './make-cause.js'
import { served } from './make-trace.js'

const report = explain(
  { id: 'request', ...served('/'), from: 0, to: 100 },
  why([], []),
  { id: 'a', parent: 'request', from: 0, to: 40 },
  { id: 'b', parent: 'request', from: 40, to: 90 },
)
const [request, a, b] = report.points as [ReportNode, ReportNode, ReportNode]
const [account] = readAccounts(report).accounts
const held = makeCause('held', { by: 'block' })

function timeOf(cause: Cause, usByNode: readonly [ReportNode, number][], more: Partial<CauseTime> = {}): CauseTime {
  if (account === undefined) throw new Error('The report has no account')
  const totalUs = usByNode.reduce((sum, [, us]) => sum + us, 0)
  return { cause, account, totalUs, usByNode: new Map(usByNode), isShared: false, ...more }
}

function say(time: CauseTime): string {
  return describeCauseTime(time).toSentence('37 % of this request', '37 µs')
}

function repetition(totalUs: number, ...nodes: readonly ReportNode[]): TimeFinding {
  return { kind: 'repeated', nodes, totalUs, isSelfTime: false, toSentence: () => '' }
}

describe('describeCauseTime', () => {
  it("creates a finding about the self time of the cause's points", () => {
    const time = timeOf(held, [
      [b, 30],
      [a, 7],
    ])

    const found = describeCauseTime(time)

    expect(found).toMatchObject({ kind: 'held', totalUs: 37, isSelfTime: true, time })
    expect(found.nodes).toEqual([b, a])
  })

  it('names the service before the code that blocked the event loop', () => {
    expect(say(timeOf(held, [[a, 37]]))).toBe(
      '37 % of this request waited while others held the event loop in api: block (37 µs)',
    )
  })

  it('names no service if it is unknown, and shortens a long name', () => {
    const names = [undefined, 'x'.repeat(81)].map(service => {
      const time = timeOf(makeCause('native'), [[a, 37]])
      return say({ ...time, account: { ...time.account, service } })
    })

    expect(names).toEqual([
      '37 % of this request is native code (37 µs)',
      `37 % of this request is native code in ${'x'.repeat(77)}... (37 µs)`,
    ])
  })

  it('says how many points ran in parallel if they share the time', () => {
    const time = timeOf(makeCause('gc'), [
      [a, 37],
      [b, 37],
    ])

    expect(say({ ...time, isShared: true })).toBe(
      '37 % of this request is garbage collection in api, for 2 points in parallel (37 µs)',
    )
  })
})

describe('sumExplained', () => {
  it('adds up the times of all findings for each point', () => {
    const times = [
      timeOf(held, [[a, 5]]),
      timeOf(makeCause('gc'), [
        [a, 2],
        [b, 3],
      ]),
    ]

    const explained = sumExplained(times.map(describeCauseTime))

    expect([request, a, b].map(node => explained.get(node))).toEqual([undefined, 7, 3])
  })

  it('is empty without findings', () => {
    expect(sumExplained([]).size).toBe(0)
  })
})

describe('rankCause', () => {
  const time = timeOf(held, [
    [a, 30],
    [b, 30],
  ])

  it.each<[string, TimeFinding[], number]>([
    ['by its own time without repeated points', [], 60],
    ['before repeated points if it explains half of their time', [repetition(120, a, b)], 121],
    ['by its own time if it explains less than half of their time', [repetition(121, a, b)], 60],
    ['by its own time if the repeated points took less time', [repetition(59, a, b)], 60],
    ['before repeated points that took the same time', [repetition(60, a, b)], 61],
    ['by its own time if it explains other points', [repetition(70, request)], 60],
    [
      'before the longest of several repetitions',
      [repetition(80, a, b), repetition(100, b, a), repetition(60, a)],
      101,
    ],
  ])('ranks a cause %s', (_, repeated, expected) => {
    expect(rankCause(time, repeated)).toBe(expected)
  })

  it('counts time that parallel points share only once', () => {
    expect(rankCause({ ...time, totalUs: 30 }, [repetition(61, a, b)])).toBe(30)
    expect(rankCause({ ...time, totalUs: 30 }, [repetition(60, a, b)])).toBe(61)
  })
})
