import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { isThenable } from '../src/platform/is-thenable.js'

it('isThenable() recognizes a promise, even from another realm or a library', () => {
  const queryBuilder = Object.create(Object.fromEntries([['then', () => {}]]))

  expect([Promise.resolve(), runInNewContext('Promise.resolve()'), queryBuilder].map(isThenable)).toEqual([
    true,
    true,
    true,
  ])
})

it('isThenable() does not recognize a function, a string, null, or an object whose `then` is not a function', () => {
  const data = Object.fromEntries([['then', 1]])

  expect([() => {}, 'then', null, undefined, data].map(isThenable)).toEqual(Array(5).fill(false))
})
