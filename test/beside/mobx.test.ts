import * as mobx from 'mobx'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { loadStandard } from './standard/load-standard.js'
import { compare, FUNCTION_WAYS, WAYS_TO_TRACE, type WayToTrace } from './ways-to-trace.js'

type StoresModule = typeof import('./standard/mobx-stores.js')
type StoreName = keyof ReturnType<StoresModule['createStores']>

let createStores: StoresModule['createStores']
beforeAll(async () => {
  mobx.configure({ enforceActions: 'always' })
  ;({ createStores } = await loadStandard<StoresModule>('mobx-stores.ts'))
})
afterAll(() => mobx.configure({ enforceActions: 'observed' }))

/** Returns everything that MobX reports about a program: its reactions, its events and its warnings. */
async function watch(program: (log: unknown[]) => unknown): Promise<unknown> {
  const log: unknown[] = []
  const warn = vi.spyOn(console, 'warn').mockImplementation(text => void log.push(`${text}`.slice(0, 60)))
  const stop = mobx.spy(event => {
    if ('name' in event) log.push([event.type, `${event.name}`.replaceAll(/\d+/g, 'N')])
  })
  try {
    return [await program(log), log]
  } finally {
    stop()
    warn.mockRestore()
  }
}

function runStore(name: StoreName, way: WayToTrace): Promise<unknown> {
  const Store = createStores(mobx, way)[name]
  return watch(async log => {
    const store = new Store()
    const stop = mobx.autorun(() => void log.push(store.double))
    store.add(1)
    const { addBound } = store
    addBound(2)
    const loaded = await (store.load(3) as unknown as Promise<string>)
    const cancelled = store.load(4) as unknown as mobx.CancellablePromise<string>
    cancelled.cancel()
    const failure = await cancelled.catch((error: Error) => error.message)
    await store.later(5)
    store.count = 7 // This assignment is outside an action, so MobX warns.
    stop()
    return {
      loaded,
      failure,
      actions: [mobx.isAction(store.add), mobx.isAction(store.addBound), mobx.isAction(store.later)],
      flows: [mobx.isFlow(store.load), mobx.isFlow(store.add)],
      observable: [mobx.isObservableProp(store, 'count'), mobx.isComputedProp(store, 'double')],
      plain: JSON.stringify(mobx.toJS(store)),
      constructor: store.constructor === Store,
      names: [store.add.name, store.load.name],
    }
  })
}

function runFunctions({ wrap }: WayToTrace): Promise<unknown> {
  return watch(async log => {
    const store = mobx.observable({
      count: 0,
      add: wrap(function add(this: { count: number }, value: number) {
        this.count += value
      }),
      get double(): number {
        return this.count * 2
      },
    })
    const outer = wrap(mobx.action('outer', (value: number) => store.add(value)))
    const inner = mobx.action(
      wrap(function inner(value: number) {
        store.add(value)
      }),
    )
    const load = mobx.flow(
      wrap(function* load(value: number): Generator<unknown, number, number> {
        store.count += yield Promise.resolve(value)
        return store.count
      }),
    )
    const traced = wrap(
      mobx.flow(function* traced(value: number): Generator<unknown, number, number> {
        store.count += yield Promise.resolve(value)
        return store.count
      }),
    )
    const half = mobx.computed(wrap(() => store.count / 2))
    const stops = [
      mobx.autorun(wrap(() => void log.push(half.get()))),
      mobx.reaction(
        wrap(() => store.double),
        wrap((value: number) => void log.push(`double ${value}`)),
      ),
    ]
    const reached = mobx.when(wrap(() => store.count > 5))
    outer(1)
    inner(2)
    const loaded = [await load(3), await traced(4)]
    await reached
    const cancelled = traced(5)
    cancelled.cancel()
    const failure = await cancelled.catch((error: Error) => error.message)
    for (const stop of stops) stop()
    return [
      loaded,
      failure,
      mobx.isAction(outer),
      mobx.isAction(inner),
      mobx.isFlow(load),
      mobx.isFlow(traced),
      store.count,
    ]
  })
}

const STORE_CLASSES = ['Decorated', 'Automatic', 'Listed'] as const

describe.each(STORE_CLASSES)('a MobX store of the class %s', name => {
  it.each(WAYS_TO_TRACE)('behaves the same whether it is untraced or traced with $name', async way => {
    const { untraced, outside, inside } = await compare(way, each => runStore(name, each))

    expect(outside).toEqual(untraced)
    expect(inside).toEqual(untraced)
  })
})

/** Runs a program in which MobX wraps inherited methods. MobX does so for each object that is built. */
async function runInherited({ above, below, classAbove, classBelow }: WayToTrace): Promise<unknown> {
  class Base {
    count = 0

    constructor() {
      mobx.makeObservable(this, { count: mobx.observable, load: mobx.flow, add: mobx.action })
    }

    *load(value: number): Generator<unknown, number, number> {
      this.count += yield Promise.resolve(value)
      return this.count
    }

    add(value: number): void {
      this.count += value
    }
  }
  for (const key of ['load', 'add'] as const) {
    const descriptor = Object.getOwnPropertyDescriptor(Base.prototype, key) as TypedPropertyDescriptor<() => unknown>
    Object.defineProperty(Base.prototype, key, above(Base.prototype, key, below(Base.prototype, key, descriptor)))
  }
  const Derived = classAbove(classBelow(class Derived extends Base {}))
  const first = new Derived()
  first.add(1)
  const second = new Derived()
  second.add(2)
  return [await first.load(3), await second.load(4), mobx.isFlow(first.load), mobx.isAction(second.add)]
}

describe('inherited MobX actions and flows', () => {
  it.each(WAYS_TO_TRACE)('behave the same whether they are untraced or traced with $name', async way => {
    const { untraced, outside, inside, points } = await compare(way, runInherited)

    expect(outside).toEqual(untraced)
    expect(inside).toEqual(untraced)
    expect(points).toBeGreaterThan(0)
  })
})

describe('functions that are passed to MobX', () => {
  it.each(FUNCTION_WAYS)('behave the same whether they are untraced or traced with $name', async way => {
    const { untraced, outside, inside, points } = await compare(way, runFunctions)

    expect(outside).toEqual(untraced)
    expect(inside).toEqual(untraced)
    expect(points).toBeGreaterThan(0)
  })
})
