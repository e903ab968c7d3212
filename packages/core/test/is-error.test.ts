import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { isError } from '../src/platform/is-error.js'

it.each<[string, unknown]>([
  ['an error', new TypeError('no')],
  ['an error from another realm', runInNewContext('new Error("no")')],
  ['a DOMException', new DOMException('no')],
  ['an object that inherits from an error', Object.create(new Error('no'))],
])('isError() recognizes %s as an error', (_, value) => {
  expect(isError(value)).toBe(true)
})

it.each<[string, unknown]>([
  ['a string', 'Error'],
  ['an object with the members of an error', { name: 'Error', message: 'no' }],
  ['null', null],
  ['a proxy, whose traps are not run', new Proxy(new Error('no'), { getPrototypeOf: () => expect.unreachable() })],
])('isError() does not recognize %s as an error', (_, value) => {
  expect(isError(value)).toBe(false)
})
