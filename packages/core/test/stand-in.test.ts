import { run, setNotifier, trace } from '@osprofiler/core'
import { originalOf, sourceOf, standIn } from '@osprofiler/core/toolkit'
import { afterEach, describe, expect, it } from 'vitest'

const same = <F extends (this: never, ...args: never[]) => unknown>(fn: F): F =>
  standIn(fn, (original, self, args) => Reflect.apply(original, self, args))

afterEach(() => setNotifier(undefined))

describe('a stand-in', () => {
  it('is never a proxy of a proxy', () => {
    const fn = async (a: number) => a

    const twice = same(same(fn))

    expect(originalOf(twice)).toBe(fn)
    expect(sourceOf(twice)).toBe(fn.toString())
    expect(twice.toString()).toBe(fn.toString())
  })

  it('shares the properties of its function, whoever sets them', () => {
    const fn = Object.assign(() => 1, { calls: 0 })
    const twice = same(same(fn))

    twice.calls = 3
    fn.calls++

    expect(twice.calls).toBe(4)
    expect(Object.keys(twice)).toEqual(['calls'])
  })

  it('answers instanceof as a bound function does', () => {
    class Order {}
    const bound = Order.bind(null) as unknown as () => unknown
    const standing = same(bound) as unknown as typeof Order

    expect(new Order() instanceof standing).toBe(true)
    expect({} instanceof standing).toBe(false)
  })

  it.each([Array, Map, Promise, Error])('leaves the realm as it is for %o', Native => {
    setNotifier(() => {})
    const before = Native.prototype.constructor

    const Traced = trace('native')(Native as unknown as () => unknown) as unknown as typeof Array
    run({ hmacKey: 'KEY' }, () => Reflect.construct(Traced, [() => {}].slice(Native === Promise ? 0 : 1)))

    expect(Traced.prototype).toBe(Native.prototype)
    expect(Native.prototype.constructor).toBe(before)
  })

  it('keeps what an arrow function cannot do', () => {
    const arrow = same(() => 1) as unknown as new () => unknown

    expect(() => new arrow()).toThrow(TypeError)
    expect(() => ({}) instanceof arrow).toThrow(TypeError)
  })
})
