import 'reflect-metadata'
import {
  Container,
  ContainerModule,
  type Factory,
  inject,
  injectable,
  injectFromBase,
  multiInject,
  named,
  optional,
  postConstruct,
  preDestroy,
  type ResolutionContext,
} from 'inversify'
import { describe, expect, it } from 'vitest'
import { compare, WAYS_TO_TRACE, type WayToTrace } from '../ways-to-trace.js'

interface Weapon {
  hit(): string
}

/**
 * Resolves classes that inversify builds from their metadata, with every life-cycle hook. Everything is traced in the
 * given way.
 */
async function resolve({ above, below, classAbove, classBelow, wrap }: WayToTrace): Promise<unknown> {
  const log: string[] = []

  @classAbove
  @injectable()
  @classBelow
  class Sword implements Weapon {
    @above
    @below
    hit(): string {
      return 'cut'
    }
  }

  @classAbove
  @injectable('Singleton')
  @classBelow
  class Bow implements Weapon {
    @above
    @below
    hit(): string {
      return 'pierce'
    }

    @above
    @postConstruct()
    @below
    prepare(): void {
      log.push('prepared')
    }

    @preDestroy()
    @above
    @below
    async unstring(): Promise<void> {
      await null
      log.push('unstrung')
    }
  }

  @injectable()
  class Person {
    @inject('name')
    readonly name!: string

    @above
    @postConstruct()
    @below
    async train(): Promise<void> {
      await null
      log.push(`trained ${this.name}`)
    }
  }

  @classAbove
  @injectFromBase({ extendConstructorArguments: false, extendProperties: true })
  @injectable()
  @classBelow
  class Samurai extends Person {
    @inject('missing')
    @optional()
    readonly missing?: string

    constructor(
      readonly sword: Sword,
      @inject('weapon') @named('far') readonly far: Weapon,
      @multiInject('word') readonly words: string[],
      @inject('factory') readonly make: (name: string) => Weapon,
    ) {
      super()
    }

    @above
    @below
    fight(): string {
      return [this.name, this.sword.hit(), this.far.hit(), ...this.words, this.make('far').hit(), this.missing].join()
    }
  }

  const container = new Container({ defaultScope: 'Transient' })
  await container.load(
    new ContainerModule(
      wrap(({ bind }) => {
        bind(Sword).toSelf()
        bind('weapon').to(Bow).whenNamed('far')
        bind('weapon').to(Sword).whenNamed('near')
      }),
    ),
  )
  container.bind(Samurai).toSelf().inSingletonScope()
  container.bind('name').toConstantValue('Musashi')
  container.bind('word').toDynamicValue(wrap(() => 'first'))
  container.bind('word').toDynamicValue(wrap((context: ResolutionContext) => context.get(Sword).hit()))
  container
    .bind('later')
    .toDynamicValue(wrap(async () => 'later'))
    .inSingletonScope()
  container
    .bind<Factory<Weapon, [string]>>('factory')
    .toFactory(wrap((context: ResolutionContext) => (name: string) => context.get<Weapon>('weapon', { name })))
  container.bind('resolved').toResolvedValue(
    wrap((name: string, later: string) => `${name} ${later}`),
    ['name', 'later'],
  )
  container.onActivation(
    Samurai,
    wrap((_context: ResolutionContext, samurai: Samurai) => {
      log.push(`activated ${samurai.constructor.name}`)
      return samurai
    }),
  )
  container.onDeactivation(
    Samurai,
    wrap((samurai: Samurai) => void log.push(`deactivated ${samurai.name}`)),
  )
  const samurai = await container.getAsync(Samurai)
  const facts = [
    samurai.fight(),
    samurai instanceof Samurai && samurai instanceof Person,
    samurai.constructor === Samurai,
    samurai.sword.constructor === Sword,
    (await container.getAsync(Samurai)) === samurai,
    container.get(Sword) === samurai.sword,
    container.get('weapon', { name: 'far' }) === samurai.far,
    await container.getAsync('resolved'),
    container.isBound(Sword),
  ]
  await container.unbindAllAsync()
  return [facts, log]
}

describe('inversify', () => {
  it.each(WAYS_TO_TRACE)('builds the same objects whether classes are untraced or traced with $name', async way => {
    const { untraced, outside, inside, points } = await compare(way, resolve)

    expect(outside).toEqual(untraced)
    expect(inside).toEqual(untraced)
    expect(points).toBeGreaterThan(0)
  })
})
