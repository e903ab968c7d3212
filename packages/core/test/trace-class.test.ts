import { Transform } from 'node:stream'
import { finished } from 'node:stream/promises'
import { trace, traceClass } from '@osprofiler/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { infoOf, outline, traceRecords } from './fixtures/trace-records.js'

/** Returns new classes, which a test may change. */
function createClasses() {
  class Store {
    static opened = 0

    #rows = new Map<string, unknown>()

    static open() {
      Store.opened++
      return new this()
    }

    static _tune() {}

    get size() {
      return this.#count()
    }

    find(id: string) {
      return this.#rows.get(id)
    }

    save(id: string, row: unknown) {
      this._check(id)
      this.#rows.set(id, row)
      return this
    }

    _check(id: string) {
      if (id === '') throw new RangeError('empty id')
    }

    __internal() {}

    #count() {
      return this.#rows.size
    }
  }

  class Cache extends Store {
    static purge() {}

    override find(id: string) {
      return super.find(id)
    }

    evict(_id: string) {}

    [Symbol.iterator]() {
      return [][Symbol.iterator]()
    }
  }

  return { Store, Cache }
}

let classes: ReturnType<typeof createClasses>

beforeEach(() => {
  classes = createClasses()
})

const names = (records: readonly { name: string; info: Readonly<Record<string, unknown>> }[]) =>
  records.filter(({ name }) => name.endsWith('-start')).map(({ info }) => (info.function as { name: string }).name)

describe('traceClass', () => {
  it('makes every public method a point, and returns the class', async () => {
    const { Store } = classes

    expect(traceClass('store')(Store)).toBe(Store)
    const records = await traceRecords(() => {
      const store = new Store()
      store.save('a', 1)
      store.find('a')
      expect(store.size).toBe(1)
      store.__internal()
    })

    expect(names(records)).toEqual(['Store.save', 'Store.find'])
    expect(infoOf(records, 'store-start').function).toEqual({ name: 'Store.save', args: '["a",1]' })
  })

  it('traces methods that begin with one underscore only with tracePrivate, and never those with two', async () => {
    const { Store } = classes
    traceClass('store', { tracePrivate: true })(Store)
    const records = await traceRecords(() => {
      const store = new Store()
      store.save('a', 1)
      store.__internal()
    })

    expect(names(records)).toEqual(['Store.save', 'Store._check'])
    expect(outline(records)).toBe('store(store)')
  })

  it('traces static methods only with traceStaticMethods', async () => {
    const plain = createClasses().Store
    const { Store } = classes
    traceClass('plain')(plain)
    traceClass('store', { traceStaticMethods: true })(Store)
    const records = await traceRecords(() => {
      plain.open()
      expect(Store.open()).toBeInstanceOf(Store)
      Store._tune()
    })

    expect(outline(records)).toBe('store')
    expect(names(records)).toEqual(['Store.open'])
    expect(Store.opened).toBe(1)
  })

  it('traces inherited methods under the name of the class that defines them, and does not change that class', async () => {
    const { Store, Cache } = classes
    const untouched = Object.getOwnPropertyDescriptors(Store.prototype)
    traceClass('cache', { traceStaticMethods: true })(Cache)
    const records = await traceRecords(() => {
      const cache = Cache.open()
      cache.save('a', 1)
      cache.find('a')
      new Store().save('b', 2)
    })

    expect(names(records)).toEqual(['Store.open', 'Store.save', 'Cache.find'])
    expect(Object.getOwnPropertyDescriptors(Store.prototype)).toEqual(untouched)
    expect(Object.keys(Cache.prototype)).toEqual([])
  })

  it('leaves accessors, fields, #private and symbol members untouched', async () => {
    class Account {
      handler = () => 'field'
      #balance = 1

      get balance() {
        return this.#read()
      }

      set balance(value: number) {
        this.#balance = value
      }

      [Symbol.toPrimitive]() {
        return this.#balance
      }

      #read() {
        return this.#balance
      }
    }
    traceClass('account', { tracePrivate: true, traceStaticMethods: true })(Account)
    const records = await traceRecords(() => {
      const account = new Account()
      account.balance = 5
      expect(account.balance).toBe(5)
      expect(Number(account)).toBe(5)
      expect(account.handler()).toBe('field')
    })

    expect(records).toEqual([])
  })

  it('like Python, does not trace methods that are inherited from a built-in class', async () => {
    class Index extends Map<string, number> {
      lookup(key: string) {
        return this.get(key)
      }
    }
    traceClass('index', { traceStaticMethods: true })(Index)
    const records = await traceRecords(() => {
      const index = new Index([['a', 1]])
      expect([...index.keys()]).toEqual(['a'])
      expect(index.lookup('a')).toBe(1)
    })

    expect(names(records)).toEqual(['Index.lookup'])
  })

  it("does not trace methods that are inherited from one of Node's classes", async () => {
    let flushed = 0
    class Upper extends Transform {
      override _flush(done: () => void) {
        flushed++
        done()
      }
    }
    const Traced = traceClass('upper', { tracePrivate: true })(Upper)
    const stream = new Traced()

    stream.end()
    await finished(stream.resume())

    expect(flushed).toBe(1)
    expect(Object.getOwnPropertyNames(Upper.prototype)).toEqual(['constructor', '_flush'])
    expect(Upper.prototype.on).toBe(Upper.prototype.addListener)
  })

  it('throws the usual TypeError if an inherited method was deleted', () => {
    class Base {
      open() {}
    }
    class Shop extends Base {}
    const shop = new (traceClass('shop')(Shop))()

    Reflect.deleteProperty(Base.prototype, 'open')

    expect(() => shop.open()).toThrow(new TypeError('open is not a function'))
  })

  it('traces a method named `class`', () => {
    class School {
      class() {
        return 'lesson'
      }
    }
    const { class: before } = School.prototype

    const Traced = traceClass('school')(School)

    expect(Traced.prototype.class).not.toBe(before)
    expect(new Traced().class()).toBe('lesson')
  })

  it('does not break a class that is a static member of the traced class', async () => {
    class Inner {}
    class Outer {
      static Inner = Inner
      inner = new Outer.Inner()
    }
    traceClass('outer', { traceStaticMethods: true })(Outer)
    await traceRecords(() => {
      expect(new Outer.Inner()).toBeInstanceOf(Outer.Inner)
    })
  })

  it('traces methods that throw or return promises or generators in the same way as functions', async () => {
    class Feed {
      async load() {
        throw new RangeError('no feed')
      }

      *items() {
        yield 1
      }
    }
    traceClass('feed')(Feed)
    const records = await traceRecords(async () => {
      await expect(new Feed().load()).rejects.toThrow('no feed')
      expect([...new Feed().items()]).toEqual([1])
    })

    expect(names(records)).toEqual(['Feed.load', 'Feed.items'])
    expect(infoOf(records, 'feed-stop')).toMatchObject({ etype: 'RangeError' })
  })

  it('with allowMultipleTrace: false, refuses a traced method before it changes the class', () => {
    class Partly {
      first() {}
      second() {}
    }
    Partly.prototype.second = trace('second')(Partly.prototype.second)
    const before = Object.getOwnPropertyDescriptors(Partly.prototype)

    expect(() => traceClass('partly', { allowMultipleTrace: false })(Partly)).toThrow(TypeError)
    expect(Object.getOwnPropertyDescriptors(Partly.prototype)).toEqual(before)
    expect(Partly.prototype.first).toBe(before.first.value)
  })

  it('refuses a value that is not a class, and a missing name', () => {
    expect(() => traceClass('')).toThrow(TypeError)
    expect(() => traceClass('x')('Store' as never)).toThrow(TypeError)
  })

  it.each([
    [{ hide_args: true }, /^traceClass\(\) has no option "hide_args". Known: tracePrivate, .*, hideArgs, hideResult, /],
    [{ tracePrivate: 1 }, /^tracePrivate must be of type boolean, not number$/],
    [null, /^traceClass\(\) takes its options as an object$/],
  ])('refuses unknown options and options of the wrong type: %j', (options, message) => {
    expect(() => traceClass('x', options as never)).toThrow(TypeError)
    expect(() => traceClass('x', options as never)).toThrow(message)
  })
})

describe('traceClass with traceSubclasses', () => {
  it('traces the methods that subclasses add, from the first construction of each subclass', async () => {
    class Base {
      own() {}
    }
    const Traced = traceClass('rpc', { traceSubclasses: true })(Base)
    class Child extends Traced {
      added() {}
    }
    class Grandchild extends Child {
      more() {}
      override added() {
        super.added()
      }
    }
    const records = await traceRecords(() => {
      const child = new Grandchild()
      child.own()
      child.added()
      child.more()
    })

    expect(names(records)).toEqual(['Base.own', 'Grandchild.added', 'Child.added', 'Grandchild.more'])
    expect(outline(records)).toBe('rpc rpc(rpc) rpc')
  })

  it('traces each subclass once', async () => {
    class Base {}
    const Traced = traceClass('rpc', { traceSubclasses: true })(Base)
    class Child extends Traced {
      added() {}
    }
    const records = await traceRecords(() => {
      new Child()
      new Child().added()
    })

    expect(outline(records)).toBe('rpc')
  })

  it('does not change construction, instanceof and names', () => {
    class Base {
      readonly made: unknown
      constructor(made: unknown) {
        this.made = made
      }
    }
    const Traced = traceClass('rpc', { traceSubclasses: true })(Base)
    class Child extends Traced {}

    expect(new Child(7).made).toBe(7)
    expect(new Child(7)).toBeInstanceOf(Base)
    expect(new Traced(7)).toBeInstanceOf(Traced)
    expect(new Traced(7).constructor).toBe(Traced)
    expect(Traced.name).toBe('Base')
  })

  it('allows Reflect.construct() with a new.target that is not a subclass', () => {
    class Base {}
    class Stranger {}
    const Traced = traceClass('rpc', { traceSubclasses: true, traceStaticMethods: true })(Base)

    expect(Reflect.construct(Traced, [], Stranger)).toBeInstanceOf(Stranger)
    expect(Reflect.construct(Traced, [], Base)).toBeInstanceOf(Base)
  })
})
