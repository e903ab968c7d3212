import { bind, run, setNotifier, trace } from '@osprofiler/core'
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

  it('shares all properties with the function that it replaces', () => {
    const fn = Object.assign(() => 1, { calls: 0 })
    const twice = same(same(fn))

    twice.calls = 3
    fn.calls++

    expect(twice.calls).toBe(4)
    expect(Object.keys(twice)).toEqual(['calls'])
  })

  it('calls accessors with the original function as `this`', () => {
    const names = new WeakMap<object, string>()
    const fn = Object.defineProperty(() => 1, 'title', {
      get() {
        return names.get(this)
      },
      set(title) {
        names.set(this, title)
      },
    }) as (() => number) & { title?: string }
    names.set(fn, 'before')
    const standing = same(fn)

    const before = standing.title
    standing.title = 'after'

    expect([before, standing.title, fn.title]).toEqual(['before', 'after', 'after'])
  })

  it('can read private members through accessors', () => {
    class Command extends Function {
      #name = 'order'
      get title() {
        return this.#name
      }
      get self() {
        return this
      }
    }
    const standing = same(new Command() as unknown as () => unknown) as unknown as Command

    expect(standing.title).toBe('order')
    expect(standing.self).toBe(standing)
  })

  it('has the own properties of a frozen function', () => {
    const fn = Object.freeze(Object.assign(() => 1, { toString: Function.prototype.toString }))

    expect(same(fn).toString).toBe(Function.prototype.toString)
  })

  it('is the constructor of its prototype, even if the prototype is read from a property descriptor', () => {
    const standing = same(function Order() {}) as unknown as new () => object

    const { value } = Object.getOwnPropertyDescriptor(standing, 'prototype') as PropertyDescriptor

    expect(value.constructor).toBe(standing)
  })

  it('supports instanceof like a bound function', () => {
    class Order {}
    const bound = Order.bind(null) as unknown as () => unknown
    const standing = same(bound) as unknown as typeof Order

    expect(new Order() instanceof standing).toBe(true)
    expect({} instanceof standing).toBe(false)
  })

  it.each([Array, Map, Promise, Error])('leaves the prototype of %o unchanged', Native => {
    setNotifier(() => {})
    const before = Native.prototype.constructor

    const Traced = trace('native')(Native as unknown as () => unknown) as unknown as typeof Array
    run({ hmacKey: 'KEY' }, () => Reflect.construct(Traced, [() => {}].slice(Native === Promise ? 0 : 1)))

    expect(Traced.prototype).toBe(Native.prototype)
    expect(Native.prototype.constructor).toBe(before)
  })

  it('supports neither construction nor instanceof if it replaces an arrow function', () => {
    const arrow = same(() => 1) as unknown as new () => unknown

    expect(() => new arrow()).toThrow(TypeError)
    expect(() => ({}) instanceof arrow).toThrow(TypeError)
  })
})

describe('a bound function', () => {
  it.each<[string, (this: never, ...args: never[]) => unknown]>([
    ['an Express error handler', (_error: never, _req: never, _res: never, _next: never) => {}],
    ['an async function', async function load(_id: never) {}],
    ['a generator function', function* each() {}],
    ['a function with members', Object.assign((a: never) => a, { unless: true })],
  ])('still looks like %s', (_kind, fn) => {
    const bound = bind(fn)

    expect([bound.name, bound.length, bound.toString()]).toEqual([fn.name, fn.length, fn.toString()])
    expect(bound.constructor).toBe(fn.constructor)
    expect({ ...bound }).toEqual({ ...fn })
  })
})

describe('a method', () => {
  const methods = {
    class() {
      return 'read'
    },
    class$() {
      return 'read'
    },
  }

  it.each([
    ['named `class`', methods.class],
    ['whose name begins with "class"', methods.class$],
  ])('%s can be traced', (_how, method) => {
    expect(trace('read')(method)()).toBe('read')
  })
})
