import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createDriver } from '../src/calls/create-driver.js'
import { createLifetime } from '../src/lifetime/driver-lifetime.js'
import { makeRecord } from './make-record.js'

/** Creates a driver whose writes take a fifth of a second, unless the driver aborts them. */
function createSlowDriver() {
  const cutting = new AbortController()
  return createDriver(
    {
      name: 'slow',
      write: () => delay(200, { refused: 0 }, { signal: cutting.signal }),
      destroy: () => cutting.abort(),
    },
    createLifetime(),
  )
}

describe('close(timeout) of a driver', () => {
  it.each([Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 31 / 0.8 + 1, Number.NaN, undefined])(
    'lets a write finish, without a warning, if the timeout is %s',
    async timeout => {
      const warned: Error[] = []
      const onWarning = (warning: Error) => warned.push(warning)
      process.on('warning', onWarning)
      onTestFinished(() => void process.off('warning', onWarning))
      const driver = createSlowDriver()

      const written = driver.write([makeRecord()])
      await driver.close(timeout)

      expect(await written).toEqual({ refused: 0 })
      expect(warned).toEqual([])
    },
  )

  it.each([0, -1, Number.NEGATIVE_INFINITY, 50])(
    'aborts a write that takes longer than the timeout (%s ms)',
    async timeout => {
      const driver = createSlowDriver()

      const written = driver.write([makeRecord()])
      await Promise.all([driver.close(timeout), expect(written).rejects.toThrow('aborted')])
    },
  )
})
