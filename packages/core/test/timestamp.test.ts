import { run, setNotifier, start } from '@osprofiler/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createClock } from '../src/recording/timestamp.js'

const realNow = () => performance.timeOrigin + performance.now()

/** Shifts the wall clock by milliseconds, as an administrator or a time service does. */
function setWallClock(ms: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ms)
}

afterEach(() => {
  vi.restoreAllMocks()
  setNotifier(undefined)
})

describe('a timestamp', () => {
  it('is precise to the microsecond', () => {
    const now = createClock()
    const fractions = new Set<number>()
    for (let look = 0; look < 10_000; look++) fractions.add(now() % 1000)

    const [earliest, ms, latest] = [realNow(), now() / 1000, realNow()]
    expect(ms).toBeGreaterThan(earliest - 50)
    expect(ms).toBeLessThan(latest + 50)
    expect(fractions.size).toBeGreaterThan(50)
  })

  it('does not run backwards within a trace when the wall clock is set back', () => {
    const now = createClock()
    const before = now()
    setWallClock(-3_600_000)
    const after = now()

    expect(after).toBeGreaterThanOrEqual(before)
    expect(after - before).toBeLessThan(60e6)
  })

  it('follows the changed wall clock in the next trace', () => {
    for (const shiftMs of [7_200_000, 3, -3, 0]) {
      setWallClock(shiftMs)

      const clock = createClock()

      const [earliest, ms, latest] = [realNow(), clock() / 1000 - shiftMs, realNow()]
      expect(ms).toBeGreaterThan(earliest - 1.1)
      expect(ms).toBeLessThan(latest + 1.1)
    }
  })

  it('gets closer to the wall clock with each trace', () => {
    // The mocked wall clock is 0.4 ms ahead of `realNow()`, and counts whole milliseconds.
    const offsetMs = 0.4
    vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(realNow() + offsetMs))
    for (let trace = 0; trace < 20_000; trace++) createClock()

    const clock = createClock()

    // If the process pauses between reading the two clocks, their difference is too large. Therefore, only the smallest
    // difference is checked.
    const errors = Array.from({ length: 50 }, () => Math.abs(clock() / 1000 - realNow() - offsetMs))
    expect(Math.min(...errors)).toBeLessThan(0.1)
  })

  it('is not shifted if the process pauses while the wall clock is read', () => {
    const now = vi.spyOn(Date, 'now').mockImplementation(() => {
      const asked = realNow()
      // The loop simulates an operating system that pauses this process to run another process.
      while (realNow() < asked + 20);
      return asked
    })

    const clock = createClock()

    const [earliest, ms, latest] = [realNow(), clock() / 1000, realNow()]
    expect(now).toHaveBeenCalled()
    expect(ms).toBeGreaterThan(earliest - 10)
    expect(ms).toBeLessThan(latest + 10)
  })

  it('does not run backwards between two requests of one trace when the wall clock is set back', () => {
    const timestamps: string[] = []
    setNotifier(({ timestamp }) => void timestamps.push(timestamp))
    const request = (maxPointsPerTrace?: number) =>
      run({ hmacKey: 'KEY', baseId: 'one trace', maxPointsPerTrace }, () => start('request').stop())
    request()
    setWallClock(-3_600_000)
    request()
    request(50)

    expect(timestamps).toHaveLength(6)
    expect(timestamps.toSorted()).toEqual(timestamps)
  })
})
