import { correctSkew } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { findServiceCalls } from '../src/analysis/service-calls.js'
import { createQuote } from '../src/findings/phrases.js'
import { groupCalls, sayCalls, saySlow, sayWaiting } from '../src/findings/time-sentences.js'
import { reportOf } from './find.js'
import { query, sent, served } from './make-trace.js'

const quote = createQuote(80)

describe('a sentence about time', () => {
  it('names a point, or the time of the point itself where it has steps', () => {
    const { points } = reportOf(
      { id: 'a', ...served('/'), from: 0, to: 9 },
      { id: 'b', parent: 'a', ...query('SELECT 1'), from: 1, to: 2 },
    )

    const said = points.map(node => saySlow(node, 5, node.traceId === 'b', quote).say('9 %', '5 µs'))

    expect(said).toEqual([
      '9 % is "GET /" in api itself, outside its one step (5 µs)',
      '9 % is "SELECT 1" in api, or steps that are missing here (5 µs)',
    ])
  })

  it('names what was waited for, as far as it is known', () => {
    const { points: nodes } = reportOf({ id: 'a', name: 'wait', from: 0, to: 9 })

    const said = ['', 'pool', 'a lock'].map(what => sayWaiting({ nodes, for: what, totalUs: 9 }).say('9 %', '9 µs'))

    expect(said).toEqual([
      '9 % is waiting in api (9 µs)',
      '9 % is waiting for a connection of a pool in api (9 µs)',
      '9 % is waiting for a lock in api (9 µs)',
    ])
  })

  it('puts calls between the same two services together', () => {
    const points = ['a', 'b'].flatMap((id, index) => [
      { id, service: 'web', ...sent('db', 80, '/'), from: index * 100, to: index * 100 + 90 },
      { id: `${id}-callee`, parent: id, service: 'db', ...served('/'), from: index * 100 + 10, to: index * 100 + 70 },
    ])

    const groups = groupCalls(findServiceCalls(reportOf(...points)))

    expect(groups.map(calls => sayCalls(calls, [], quote).say('30 %', '60 µs'))).toEqual([
      '30 % lies between web and db, in 2 calls: network, queueing or the body (60 µs: 20 µs before, 40 µs after)',
    ])
  })

  it('says no split of the time between services of one host whose clocks differ', () => {
    const skewUs = 5_000_000
    const report = correctSkew(
      reportOf(
        { id: 'call', service: 'web', ...sent('db', 80, '/'), from: 0, to: 100_000 },
        { id: 'callee', parent: 'call', service: 'db', ...served('/'), from: 10_000 + skewUs, to: 60_000 + skewUs },
      ),
    )

    const { say } = sayCalls(findServiceCalls(report), report.clocks, quote)

    expect(say('50 %', '50 ms')).toMatch(/\(50 ms; their clocks differ too much to say how much of it before/)
  })

  it('says the split of the time between two services of one clock on a host with several clocks', () => {
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

    const { say } = sayCalls(calls, report.clocks, quote)

    expect(say('40 %', '40 ms')).toMatch(/\(40 ms: 10\.0 ms before, 30\.0 ms after\)$/)
  })
})
