import type * as MobX from 'mobx'
import type { WayToTrace } from '../ways-to-trace.js'

/**
 * Creates a store in each of the ways that MobX supports, traced in the given way. All values are parameters, because
 * the file may import only types.
 */
export function createStores(mobx: typeof MobX, { above, below, classAbove, classBelow }: WayToTrace) {
  const { action, actionBound, computed, flow, makeAutoObservable, makeObservable, observable, runInAction } = mobx

  @classAbove
  @classBelow
  class Decorated {
    @observable accessor count = 0

    @computed get double(): number {
      return this.count * 2
    }

    @above
    @action
    @below
    add(value: number): void {
      this.count += value
      this.count += 0.5
    }

    @above
    @actionBound
    @below
    addBound(value: number): void {
      this.count += value
    }

    @above
    @flow
    @below
    *load(value: number): Generator<unknown, string, number> {
      this.count += yield Promise.resolve(value)
      try {
        this.count += yield Promise.resolve(value)
      } finally {
        this.count += 100
      }
      return `loaded ${value}`
    }

    @above
    @below
    async later(value: number): Promise<void> {
      await null
      runInAction(() => this.add(value))
    }
  }

  function createPlain(prepare: (store: Plain) => void) {
    @classAbove
    @classBelow
    class Store implements Plain {
      count = 0

      constructor() {
        prepare(this)
      }

      get double(): number {
        return this.count * 2
      }

      @above
      @below
      add(value: number): void {
        this.count += value
        this.count += 0.5
      }

      @above
      @below
      addBound(value: number): void {
        this.count += value
      }

      // MobX makes this method a flow only because it is a generator.
      @above
      @below
      *load(value: number): Generator<unknown, string, number> {
        this.count += yield Promise.resolve(value)
        try {
          this.count += yield Promise.resolve(value)
        } finally {
          this.count += 100
        }
        return `loaded ${value}`
      }

      @above
      @below
      async later(value: number): Promise<void> {
        await null
        this.add(value)
      }
    }
    return Store
  }

  const Automatic = createPlain(store => makeAutoObservable(store, {}, { autoBind: true }))
  const Listed = createPlain(store =>
    makeObservable(store, { count: observable, double: computed, add: action, addBound: actionBound, load: flow }),
  )
  return { Decorated, Automatic, Listed }
}

interface Plain {
  count: number
  readonly double: number
  add(value: number): void
  addBound(value: number): void
  load(value: number): Generator<unknown, string, number>
  later(value: number): Promise<void>
}
