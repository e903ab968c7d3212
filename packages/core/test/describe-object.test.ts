import { expect, it } from 'vitest'
import { recordErrorAs } from '../src/recording/describe-exception.js'
import { describeObject } from '../src/recording/describe-object.js'

it.each<[string, object, string]>([
  ['an error', new Error('no password=SEALED'), 'Error: no password=***'],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['an invalid date', new Date(Number.NaN), '[Invalid Date]'],
  ['a regular expression', /secret/, '[RegExp]'],
  ['bytes', Buffer.from('secret'), '[6 bytes]'],
  ['a buffer', new ArrayBuffer(3), '[3 bytes]'],
  ['a map', new Map([['a', 1]]), '[Map]'],
  ['a set', new Set([1]), '[Set]'],
  ['a promise', Promise.resolve('secret'), '[Promise]'],
  ['a WeakMap', new WeakMap(), '[Object]'],
  ['a URL', new URL('amqp://bob:SEALED@host/'), 'amqp://bob:***@host/'],
])('describeObject() describes %s by its type or content', (_, value, shown) => {
  expect(describeObject(value)).toBe(shown)
})

it.each<[string, object]>([
  ['a plain object', { a: 1 }],
  ['a list', [1]],
  ['an object without a prototype', Object.create(null)],
  ['an instance of a class that the program defines', new (class Order {})()],
  ['an object that only looks like a URL', Object.create(URL.prototype)],
])('describeObject() does not describe %s, which is recorded with its members instead', (_, value) => {
  expect(describeObject(value)).toBeUndefined()
})

it('describeObject() shows an error without its hidden text, even if another error wraps it', () => {
  const inner = new Error('duplicate entry "alice"')
  recordErrorAs(inner, new Error('duplicate entry "?"'))
  const outer = new Error(`Not saved: ${inner.message}`, { cause: inner })

  expect(describeObject(inner)).toBe('Error: duplicate entry "?"')
  expect(describeObject(outer)).toBe('Error: Not saved: duplicate entry "?"')
})
