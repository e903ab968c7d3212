import { expect, it } from 'vitest'
import { madePromises } from '../src/promises/made-promises.js'

it('promises are tracked while any function is watched, and are forgotten when the last watched function ends', () => {
  const promise = Promise.resolve()
  madePromises.note(promise)

  const outer = madePromises.begin()
  madePromises.note('outer')
  const inner = madePromises.begin()
  madePromises.note('inner')
  const watched = madePromises.isWatching()
  madePromises.end()
  madePromises.end()

  expect([outer, inner]).toEqual([0, 1])
  expect([watched, madePromises.isWatching()]).toEqual([true, false])
  expect(madePromises.begin()).toBe(0)
  madePromises.end()
})
