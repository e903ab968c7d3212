import {
  aliasTo,
  asClass,
  asFunction,
  asValue,
  createContainer,
  InjectionMode,
  type InjectionModeType,
  RESOLVER,
} from 'awilix'
import { describe, expect, it } from 'vitest'
import { compare, WAYS_TO_TRACE, type WayToTrace } from './ways-to-trace.js'

/** Registers every type of provider. Awilix injects dependencies by parameter names. */
async function inject(mode: InjectionModeType, { wrap, classAbove, classBelow }: WayToTrace): Promise<unknown> {
  const disposed: string[] = []
  class Base {
    readonly db: string

    constructor(db: string) {
      this.db = db
    }

    query(): string {
      return `${this.db}!`
    }
  }
  // The class has no constructor, so Awilix reads the parameter names from the parent's source text.
  const Derived = classAbove(classBelow(class Derived extends Base {}))
  const Orders = classAbove(
    classBelow(
      class Orders {
        readonly parts: readonly unknown[]

        constructor(derived: Base, limit = 10, /* a comment, */ total: string, later: Promise<string>) {
          this.parts = [derived.query(), limit, total, later]
        }

        async list(): Promise<unknown[]> {
          return Promise.all(this.parts)
        }

        static readonly [RESOLVER]: object = { name: 'orders' }
      },
    ),
  )
  const container = createContainer({ injectionMode: mode })
  container.register({
    db: asFunction(wrap(() => 'the db')).singleton(),
    derived: asClass(Derived).singleton(),
    orders: asClass(Orders)
      .disposer(wrap(orders => void disposed.push(orders.constructor.name)))
      .singleton(),
    later: asFunction(wrap(async (db: string) => `later ${db}`)),
    total: asFunction(
      wrap(function total(db: string, missing = { of: 'none' }) {
        return `${db} ${missing.of}`
      }),
    ),
    arrow: asFunction(wrap((db: string) => `arrow of ${db}`)).transient(),
    alias: aliasTo('arrow'),
    literal: asValue(wrap(() => 'called by the program')),
  })
  const orders = container.resolve<InstanceType<typeof Orders>>('orders')
  const scope = container.createScope()
  const facts = [
    await orders.list(),
    orders instanceof Orders,
    orders.constructor === Orders,
    container.resolve('orders') === orders,
    scope.resolve('orders') === orders,
    scope.resolve('arrow'),
    container.resolve('alias'),
    container.resolve<() => string>('literal')(),
    container.build(wrap((total: string) => `built of ${total}`)),
    container.build(Derived).query(),
  ]
  await container.dispose()
  return [facts, disposed]
}

/** Like `inject`, but each class receives one object that contains everything registered, and destructures it. */
async function injectProxy({ wrap, classAbove, classBelow }: WayToTrace): Promise<unknown> {
  const Orders = classAbove(
    classBelow(
      class Orders {
        readonly #db: string

        constructor({ db, limit = 3 }: { db: string; limit?: number }) {
          this.#db = `${db} ${limit}`
        }

        list(): string {
          return this.#db
        }
      },
    ),
  )
  const container = createContainer({ injectionMode: InjectionMode.PROXY })
  container.register({
    db: asFunction(wrap(() => 'the db')),
    limit: asValue(4),
    orders: asClass(Orders),
    text: asFunction(wrap(({ orders }: { orders: { list(): string } }) => orders.list())),
    own: asFunction(wrap((injected: unknown) => injected))
      .inject(wrap(() => ({ injected: 5 })))
      .classic(),
  })
  return [container.resolve('text'), container.resolve('own'), container.build(Orders).list()]
}

const PROGRAMS: Record<string, (way: WayToTrace) => unknown> = {
  'by the names of parameters': way => inject(InjectionMode.CLASSIC, way),
  'through a single object': injectProxy,
}

describe.each(Object.entries(PROGRAMS))('awilix, injecting %s', (_, program) => {
  it.each(WAYS_TO_TRACE)('behaves the same whether it is untraced or traced with $name', async way => {
    const { untraced, outside, inside, points } = await compare(way, program)

    expect(outside).toEqual(untraced)
    expect(inside).toEqual(untraced)
    expect(points).toBeGreaterThan(0)
  })
})
