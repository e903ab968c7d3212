import 'reflect-metadata'
import {
  autoInjectable,
  delay,
  container as globalContainer,
  inject,
  injectAll,
  injectable,
  instanceCachingFactory,
  Lifecycle,
  scoped,
  singleton,
} from 'tsyringe'
import { describe, expect, it } from 'vitest'
import { compare, IN_PLACE_WAYS, PROXY_WAYS, type WayToTrace } from '../ways-to-trace.js'

// tsyringe stores the class that @injectable() decorates in a Map, so a replacement for the class must exist before
// that decorator runs.
const BELOW = PROXY_WAYS.map(way => ({ ...way, classAbove: way.classInPlace }))

/** Resolves classes that tsyringe builds from the metadata of their constructors, all traced in the given way. */
async function resolve({ above, below, classAbove, classBelow, wrap }: WayToTrace): Promise<unknown> {
  const log: string[] = []
  const container = globalContainer.createChildContainer()

  @classAbove
  @singleton()
  @classBelow
  class Database {
    @above
    @below
    query(): string {
      return 'rows'
    }

    @above
    @below
    async dispose(): Promise<void> {
      await null
      log.push('disposed')
    }
  }

  @classAbove
  @injectable()
  @classBelow
  class Repository {
    constructor(
      readonly database: Database,
      @inject('limit') protected readonly limit: number,
    ) {}

    @above
    @below
    find(): string {
      return `${this.limit} ${this.database.query()}`
    }
  }

  // The class has no constructor, so tsyringe uses the parent's metadata.
  @classAbove
  @injectable()
  @classBelow
  class Orders extends Repository {
    @above
    @below
    list(): string {
      return `orders: ${this.find()}`
    }
  }

  @classAbove
  @scoped(Lifecycle.ContainerScoped)
  @classBelow
  class Page {
    constructor(
      readonly orders: Orders,
      @injectAll('plugin') readonly plugins: string[],
      @inject(delay(() => Later)) readonly later: { say(): string },
      @inject('made') readonly made: { by: string },
    ) {}

    @above
    @below
    render(): string {
      return [this.orders.list(), ...this.plugins, this.later.say(), this.made.by].join()
    }
  }

  @classAbove
  @injectable()
  @classBelow
  class Later {
    @above
    @below
    say(): string {
      return 'later'
    }
  }

  @classAbove
  @autoInjectable()
  @classBelow
  class Anywhere {
    constructor(
      readonly name: string,
      readonly database?: Database,
    ) {}

    @above
    @below
    tell(): string {
      return `${this.name} ${this.database?.query()}`
    }
  }

  container.register('limit', { useValue: 3 })
  container.register('plugin', { useFactory: wrap(() => 'first') })
  container.register('plugin', { useFactory: wrap(() => 'second') })
  container.register('made', { useFactory: instanceCachingFactory(wrap(() => ({ by: 'a factory' }))) })
  container.register('alias', { useToken: Orders })
  container.afterResolution(
    Orders,
    wrap((_token: unknown, orders: object) => void log.push(orders.constructor.name)) as never,
  )
  const page = container.resolve(Page)
  const facts = [
    page.render(),
    container.resolve(Page) === page,
    container.createChildContainer().resolve(Page) === page,
    container.resolve(Database) === page.orders.database,
    container.resolve(Orders) === page.orders,
    container.resolve<Orders>('alias').list(),
    page instanceof Page,
    page.constructor === Page,
    container.resolve<{ by: string }>('made') === page.made,
    new Anywhere('by hand').tell(),
    container.isRegistered(Database, true),
  ]
  await container.resolve(Database).dispose()
  return [facts, log]
}

describe('tsyringe', () => {
  it.each([...IN_PLACE_WAYS, ...BELOW])(
    'builds the same objects whether classes are untraced or traced with $name',
    async way => {
      const { untraced, outside, inside, points } = await compare(way, resolve)

      expect(outside).toEqual(untraced)
      expect(inside).toEqual(untraced)
      expect(points).toBeGreaterThan(0)
    },
  )
})
