import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { isThenable } from '../src/platform/is-thenable.js'

it('knows a promise, also of another realm and of a library', () => {
  const queryBuilder = Object.create(Object.fromEntries([['then', () => {}]]))

  expect([Promise.resolve(), runInNewContext('Promise.resolve()'), queryBuilder].map(isThenable)).toEqual([
    true,
    true,
    true,
  ])
})

it('knows no promise in a function, a text, null, or an object with another member of that name', () => {
  const data = Object.fromEntries([['then', 1]])

  expect([() => {}, 'then', null, undefined, data].map(isThenable)).toEqual(Array(5).fill(false))
})
