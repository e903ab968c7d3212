import { expect, it } from 'vitest'
import { createPause } from '../src/delivery/writing/pause.js'

it('a pause lasts for the given time, or until end() is called', async () => {
  const pause = createPause()

  await pause.wait(1)
  const ended = pause.wait(60_000)
  pause.end()
  await ended

  expect(pause.isSuspended).toBe(false)
})

it('a pause lasts until end() is called if suspend() was called before', async () => {
  const pause = createPause()
  let isOver = false

  pause.suspend()
  const waited = pause.wait(0).then(() => {
    isOver = true
  })
  await new Promise(setImmediate)

  expect([isOver, pause.isSuspended]).toEqual([false, true])
  pause.end()
  await waited
})
