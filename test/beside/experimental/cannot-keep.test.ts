import 'reflect-metadata'
import { inspect, types } from 'node:util'
import { trace, traceClass } from '@osprofiler/core'
import { plainToInstance } from 'class-transformer'
import { IsInt, validate } from 'class-validator'
import { container, injectable } from 'tsyringe'
import { describe, expect, it } from 'vitest'
import { traceRecords } from '../../../packages/core/test/fixtures/trace-records.js'

// Each of these limits is listed in "What a wrapper cannot keep" of docs/trace-points.md, with a workaround that is
// tested here too.

const family = traceClass('step', { traceSubclasses: true })
const inPlace = traceClass('step')

describe('a traced function', () => {
  it('returns its original text from fn.toString(), but not from Function.prototype.toString.call(fn)', () => {
    const fn = (price: number) => price * 2
    const traced = trace('step')(fn)

    expect(Function.prototype.toString.call(traced)).toBe('function () { [native code] }')
    expect(traced.toString()).toBe(fn.toString())
    expect(`${traced}`).toBe(`${fn}`)
  })

  it('is not recognized as async by util.types, but keeps the constructor and Symbol.toStringTag of an async function', () => {
    const fn = async () => 1
    const traced = trace('step')(fn)

    expect(types.isAsyncFunction(traced)).toBe(false)
    expect(types.isProxy(traced)).toBe(true)
    expect(traced.constructor).toBe(fn.constructor)
    expect(Object.prototype.toString.call(traced)).toBe('[object AsyncFunction]')
  })

  it("does not get the original function's entry in a Map or WeakMap, but can have its own entry", () => {
    const fn = () => 1
    const traced = trace('step')(fn)
    const prices = new WeakMap<object, number>([[fn, 3]])

    expect(traced === fn).toBe(false)
    expect(prices.get(traced)).toBeUndefined()
    prices.set(traced, 3)
    expect(prices.get(traced)).toBe(3)
  })

  it('lacks metadata that is added later to the original function, but accepts such metadata itself', () => {
    const fn = () => 1
    Reflect.defineMetadata('role', 'admin', fn)
    const traced = trace('step')(fn)
    Reflect.defineMetadata('plan', 'free', fn)

    expect(Reflect.getMetadata('role', traced)).toBe('admin')
    expect(Reflect.getMetadata('plan', traced)).toBeUndefined()
    Reflect.defineMetadata('plan', 'free', traced)
    expect(Reflect.getMetadata('plan', traced)).toBe('free')
  })

  it('is shown as a proxy by util.inspect in Node 26, but keeps its name', () => {
    const fn = async function later() {}
    const traced = trace('step')(fn)
    const showsProxies = inspect(new Proxy(fn, {})) !== inspect(fn)

    expect(inspect(traced)).toBe(showsProxies ? `Proxy(${inspect(fn)})` : inspect(fn))
    expect(traced.name).toBe('later')
  })

  it('does not record its recursive calls, because its name in its own body refers to the original function', async () => {
    const factorial = trace('factorial')(function own(value: number): number {
      return value < 2 ? 1 : value * own(value - 1)
    })
    const recursive = trace('recursive')((value: number): number => (value < 2 ? 1 : value * recursive(value - 1)))

    const names = (await traceRecords(() => [factorial(3), recursive(3)])).map(({ name }) => name)

    expect(names.filter(name => name === 'factorial-start')).toHaveLength(1)
    expect(names.filter(name => name === 'recursive-start')).toHaveLength(3)
  })

  it('adds frames to the stack of an error', () => {
    const fail = (): string => `${new Error('where').stack}`

    expect(trace('step')(fail)()).toContain('Object.apply')
    expect(fail()).not.toContain('Object.apply')
  })
})

describe('a class that traceClass decorates', () => {
  it("has its own traced copies of inherited methods, which call the parent's methods", () => {
    class Base {
      list(): string {
        return 'base'
      }
    }
    class Orders extends Base {}
    inPlace(Orders)
    Base.prototype.list = () => 'guarded'

    expect(Object.hasOwn(Orders.prototype, 'list')).toBe(true)
    expect(new Orders().list()).toBe('guarded')
  })
})

describe('a class with the option traceSubclasses loses', () => {
  it('its entry in a Map if a decorator below traceClass stored it, such as @injectable() of tsyringe', () => {
    class Database {}
    @family
    @injectable()
    class Above {
      constructor(readonly database: Database) {}
    }
    @injectable()
    @family
    class Below {
      constructor(readonly database: Database) {}
    }

    expect(() => container.resolve(Above)).toThrow('TypeInfo not known for "Above"')
    expect(container.resolve(Below).database).toBeInstanceOf(Database)
  })

  it('its entry in a Map if member decorators stored it, such as those of class-validator', async () => {
    @family
    class Unchecked {
      @IsInt()
      amount!: number
    }
    @inPlace
    class Checked {
      @IsInt()
      amount!: number
    }
    const check = (type: new () => object) => validate(plainToInstance(type, { amount: 'two' }))

    expect((await check(Unchecked)).map(({ property }) => property)).not.toContain('amount')
    expect((await check(Checked)).map(({ property }) => property)).toEqual(['amount'])
  })

  it("a field's metadata if it was stored on the class instead of the prototype", () => {
    class Orders {
      limit = 3
    }
    Reflect.defineMetadata('unit', 'EUR', Orders, 'limit')
    Reflect.defineMetadata('unit', 'EUR', Orders.prototype, 'limit')

    expect(Reflect.getMetadata('unit', family(Orders), 'limit')).toBeUndefined()
    expect(Reflect.getMetadata('unit', family(Orders).prototype, 'limit')).toBe('EUR')
    expect(Reflect.getMetadata('unit', inPlace(Orders), 'limit')).toBe('EUR')
  })

  it('access to static #private members in its static methods, unlike a class without traceSubclasses', () => {
    const declare = () =>
      class Counter {
        static #count = 3
        static readonly count = function (this: typeof Counter): number {
          return this.#count
        }

        readonly name = 'counter'
      }

    expect(() => family(declare()).count()).toThrow(TypeError)
    expect(inPlace(declare()).count()).toBe(3)
  })
})
