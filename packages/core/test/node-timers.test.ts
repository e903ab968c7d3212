import { afterEach, describe, expect, it, vi } from 'vitest'
import { takeTimers } from '../src/platform/node-timers.js'

afterEach(() => void vi.useRealTimers())

describe('the timers that the packages use', () => {
  it('fire, repeat and can be cleared while fake timers are installed', async () => {
    vi.useFakeTimers()
    const { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval } = takeTimers()
    const fired: string[] = []

    const cleared = setTimeout(() => fired.push('cleared'), 1)
    clearTimeout(cleared)
    await new Promise<void>(resolve => setImmediate(resolve))
    await new Promise<void>(resolve => {
      const interval = setInterval(() => {
        if (fired.push('interval') < 2) return
        clearInterval(interval)
        resolve()
      }, 1)
    })
    await new Promise<void>(resolve => setTimeout(resolve, 1))

    expect(fired).toEqual(['interval', 'interval'])
  })

  it('pass their arguments on, and do not keep the process alive after unref()', async () => {
    const { setTimeout } = takeTimers()

    const told = await new Promise(resolve => setTimeout(resolve, 1, 'told'))
    const timer = setTimeout(() => {}, 1).unref()

    expect(told).toBe('told')
    expect(timer.hasRef()).toBe(false)
  })
})
