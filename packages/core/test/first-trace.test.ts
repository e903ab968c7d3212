import { configure } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { beforeFirstTrace } from '@osprofiler/core/toolkit'
import { afterEach, describe, expect, it, vi } from 'vitest'

const undone: (() => void)[] = []
afterEach(() => {
  for (const undo of undone.splice(0)) undo()
})

describe('an action for beforeFirstTrace()', () => {
  it('waits until the process has a key, and runs only once', () => {
    const act = vi.fn()
    undone.push(beforeFirstTrace(act))
    const before = act.mock.calls.length

    undone.push(configure({ hmacKeys: 'KEY' }))
    undone.push(configure({ hmacKeys: 'OTHER' }))

    expect([before, act.mock.calls.length]).toEqual([0, 1])
  })

  it('runs at once if the process has a key, but not if tracing is disabled', () => {
    const [act, off] = [vi.fn(), vi.fn()]
    undone.push(configure({ hmacKeys: 'KEY' }))

    undone.push(beforeFirstTrace(act))
    undone.push(configure({ enabled: false }), beforeFirstTrace(off))

    expect([act, off].map(fn => fn.mock.calls.length)).toEqual([1, 0])
  })

  it('runs if an adapter has its own keys', () => {
    const act = vi.fn()
    undone.push(beforeFirstTrace(act))

    createRequestTracer('KEY')

    expect(act).toHaveBeenCalledTimes(1)
  })
})
