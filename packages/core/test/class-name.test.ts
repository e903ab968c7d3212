import { describe, expect, it } from 'vitest'
import { className, functionName, readDataProperty } from '../src/recording/class-name.js'

const watchful = new Proxy({}, { get: () => expect.unreachable(), getPrototypeOf: () => expect.unreachable() })

it('className() returns the class of an object or prototype, or an empty string if the name is not a string', () => {
  class Order {}
  const Odd = Object.defineProperty(class {}, 'name', { value: 7 })

  expect([new Order(), Order.prototype, Object.create(null), new Odd(), watchful].map(className)).toEqual([
    'Order',
    'Order',
    '',
    '',
    '',
  ])
  expect([functionName(Order), functionName(() => {}), functionName(new Proxy(Order, {}))]).toEqual(['Order', '', ''])
})

describe('readDataProperty', () => {
  it('reads own and inherited properties without running a getter or a proxy trap', () => {
    const inherited = Object.create({
      a: 1,
      get b(): never {
        return expect.unreachable()
      },
    })

    expect(readDataProperty(inherited, 'a')).toBe(1)
    expect(readDataProperty(inherited, 'b')).toBeUndefined()
    expect(readDataProperty(Object.create(watchful), 'a')).toBeUndefined()
  })

  it('stops at the maximum length of a prototype chain', () => {
    let object = {}
    for (let depth = 0; depth < 1_000; depth++) object = Object.create(object)

    expect(readDataProperty(object, 'missing')).toBeUndefined()
  })
})
