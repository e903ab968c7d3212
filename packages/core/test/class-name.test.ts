import { describe, expect, it } from 'vitest'
import { className, functionName, readData } from '../src/recording/class-name.js'

const watchful = new Proxy({}, { get: () => expect.unreachable(), getPrototypeOf: () => expect.unreachable() })

describe('readData', () => {
  it('reads own and inherited properties, and runs no getter and no trap', () => {
    const inherited = Object.create({
      a: 1,
      get b(): never {
        return expect.unreachable()
      },
    })

    expect(readData(inherited, 'a')).toBe(1)
    expect(readData(inherited, 'b')).toBeUndefined()
    expect(readData(Object.create(watchful), 'a')).toBeUndefined()
  })

  it('gives a chain without an end up', () => {
    let object = {}
    for (let depth = 0; depth < 1_000; depth++) object = Object.create(object)

    expect(readData(object, 'missing')).toBeUndefined()
  })
})

it('names the class of an object, of a prototype, and none where the name is no text', () => {
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
