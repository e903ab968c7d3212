import { correctSkew } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { findServiceCalls } from '../src/analysis/calls/service-calls.js'
import { createQuote } from '../src/findings/phrases.js'
import { describeCalls, describeSelfTime, describeWaiting, groupCalls } from '../src/findings/time-sentences.js'
import { reportOf } from './find.js'
import { query, sent, served } from './make-trace.js'

const quote = createQuote(80)

describe('a sentence about time', () => {
  it("names a point, or the point's self time if the point has steps", () => {
    const { points } = reportOf(
      { id: 'a', ...served('/'), from: 0, to: 9 },
      { id: 'b', parent: 'a', ...query('SELECT 1'), from: 1, to: 2 },
    )

    const said = points.map(node => describeSelfTime(node, 5, node.traceId === 'b', quote).toSentence('9 %', '5 µs'))

    expect(said).toEqual([
      '9 % is "GET /" in api itself, outside its one step (5 µs)',
      '9 % is "SELECT 1" in api, perhaps because points are missing (5 µs)',
    ])
  })

  it('names the cause of a wait, if it is known', () => {
    const { points: nodes } = reportOf({ id: 'a', name: 'wait', from: 0, to: 9 })

    const said = ['', 'pool', 'a lock'].map(what =>
      describeWaiting({ nodes, for: what, totalUs: 9 }).toSentence('9 %', '9 µs'),
    )

    expect(said).toEqual([
      '9 % is spent waiting in api (9 µs)',
      '9 % is spent waiting for a connection from a pool in api (9 µs)',
      '9 % is spent waiting for a lock in api (9 µs)',
    ])
  })

  it('combines calls between the same two services', () => {
    const points = ['a', 'b'].flatMap((id, index) => [
      { id, service: 'web', ...sent('db', 80, '/'), from: index * 100, to: index * 100 + 90 },
      { id: `${id}-callee`, parent: id, service: 'db', ...served('/'), from: index * 100 + 10, to: index * 100 + 70 },
    ])

    const groups = groupCalls(findServiceCalls(reportOf(...points)))

    expect(groups.map(calls => describeCalls(calls, [], quote).toSentence('30 %', '60 µs'))).toEqual([
      '30 % lies between web and db, in 2 calls: the network, queues or bodies (60 µs: 20 µs there, 40 µs back)',
    ])
  })

  it('does not split the time between two services of one host if their clocks differ', () => {
    const skewUs = 5_000_000
    const report = correctSkew(
      reportOf(
        { id: 'call', service: 'web', ...sent('db', 80, '/'), from: 0, to: 100_000 },
        { id: 'callee', parent: 'call', service: 'db', ...served('/'), from: 10_000 + skewUs, to: 60_000 + skewUs },
      ),
    )

    const { toSentence } = describeCalls(findServiceCalls(report), report.clocks, quote)

    expect(toSentence('50 %', '50 ms')).toMatch(/\(50 ms; the clocks differ too much to tell the way there/)
  })

  it('splits the time between two services of one host if they share a clock', () => {
    const skewUs = 5_000_000
    const report = correctSkew(
      reportOf(
        { id: 'call', service: 'web', ...sent('db', 80, '/'), from: 0, to: 100_000 },
        { id: 'callee', parent: 'call', service: 'db', ...served('/'), from: 10_000 + skewUs, to: 60_000 + skewUs },
        { id: 'near', service: 'web', ...sent('cache', 80, '/'), from: 200_000, to: 300_000 },
        { id: 'near-callee', parent: 'near', service: 'cache', ...served('/'), from: 210_000, to: 270_000 },
      ),
    )
    const calls = findServiceCalls(report).filter(({ caller }) => caller.traceId === 'near')

    const { toSentence } = describeCalls(calls, report.clocks, quote)

    expect(toSentence('40 %', '40 ms')).toMatch(/\(40 ms: 10\.0 ms there, 30\.0 ms back\)$/)
  })
})
