import { performance } from 'node:perf_hooks'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { findMissing, waitForTrace } from '../src/store/wait-for-trace.js'

function recordsOf(id: string, name: string, info: object, stopInfo: object): TraceRecord[] {
  const common = {
    ...{
      base_id: 'base',
      parent_id: id === 'request' ? 'base' : 'request',
      trace_id: id,
      project: '',
      service: 'orders',
    },
    timestamp: '2026-11-22T11:00:00.000000',
  }
  return [
    { ...common, name: `${name}-start`, info },
    { ...common, name: `${name}-stop`, info: stopInfo },
  ] as TraceRecord[]
}

const request = recordsOf('request', 'wsgi', {}, { points: { recorded: 1, passed_on: 0, pending: 1 } })
const account = recordsOf('account', 'why', { why: { version: 1, refused: 'busy', asked: 'cpu' } }, {})

/**
 * Returns a store whose first read returns the first list of records. Its second read returns the second list, and so
 * on.
 */
function storeOf(...reads: readonly (readonly TraceRecord[])[]): Driver {
  let count = 0
  async function* readRecords() {
    yield reads[Math.min(count++, reads.length - 1)] ?? []
  }
  return { name: 'store', readRecords } as unknown as Driver
}

function wait(driver: Driver, seconds = 30) {
  const deadline = performance.now() + seconds * 1000
  return waitForTrace(driver, 'base', { idleMs: 1, requests: 1, deadline, onLongWait: () => undefined })
}

describe('waiting for an account', () => {
  it('lasts until the account has arrived, even if the trace was idle before', async () => {
    const { records, isWhole } = await wait(storeOf([], request, request, request, [...request, ...account]))

    expect(isWhole).toBe(true)
    expect(records).toHaveLength(4)
  })

  it('ends after two seconds, and returns the trace without the account', async () => {
    const { records, missing, isWhole } = await wait(storeOf(request))

    expect({ isWhole, missing }).toEqual({ isWhole: false, missing: undefined })
    expect(records).toHaveLength(2)
  }, 30_000)

  it('does not report an account without a stop record as a point that has not stopped', () => {
    expect(findMissing([...request, ...account.slice(0, 1)], 'base')).toEqual({ missing: undefined, isLost: false })
  })
})
