import { expect, it } from 'vitest'
import { createPause } from '../src/delivery/writing/pause.js'

it('waits for its time, or until it is ended', async () => {
  const pause = createPause()

  await pause.wait(1)
  const ended = pause.wait(60_000)
  pause.end()
  await ended

  expect(pause.isResting).toBe(false)
})

it('lasts until it is ended, once it is to rest', async () => {
  const pause = createPause()
  let isOver = false

  pause.rest()
  const waited = pause.wait(0).then(() => {
    isOver = true
  })
  await new Promise(setImmediate)

  expect([isOver, pause.isResting]).toEqual([false, true])
  pause.end()
  await waited
})
