import { Inject, Injectable, type NestMiddleware, type OnModuleInit, type Type } from '@nestjs/common'
import { DiscoveryService, MetadataScanner, ModuleRef, Reflector } from '@nestjs/core'
import type { WayToTrace } from '../../ways-to-trace.js'

export const Tagged = DiscoveryService.createDecorator<string>()

type Next = () => void
interface Response {
  setHeader(name: string, value: string): void
}

interface Surroundings {
  readonly Explorer: Type
  readonly Stamp: Type<NestMiddleware>
  readonly stamp: (request: unknown, response: Response, next: Next) => void
}

/**
 * Creates both types of middleware, and a provider that examines the other providers as Nest plugins do. All of these
 * are traced in the given way.
 */
export function createSurroundings(way: WayToTrace, log: string[]): Surroundings {
  const { above, below, classAbove, classBelow, wrap } = way

  @classAbove
  @Injectable()
  @Tagged('explorer')
  @classBelow
  class Explorer implements OnModuleInit {
    constructor(
      @Inject(DiscoveryService) readonly discovery: DiscoveryService,
      @Inject(MetadataScanner) readonly scanner: MetadataScanner,
      @Inject(Reflector) readonly reflector: Reflector,
      @Inject(ModuleRef) readonly moduleRef: ModuleRef,
    ) {}

    @above
    @below
    onModuleInit(): void {
      for (const wrapper of [...this.discovery.getControllers(), ...this.discovery.getProviders()]) {
        const prototype = wrapper.metatype?.prototype
        if (!wrapper.isDependencyTreeStatic() || prototype === undefined) continue
        const tagged = this.scanner
          .getAllMethodNames(prototype)
          .filter(name => this.discovery.getMetadataByDecorator(Tagged, wrapper, name) !== undefined)
        const tag = this.discovery.getMetadataByDecorator(Tagged, wrapper)
        if (tagged.length > 0 || tag !== undefined) log.push(`${wrapper.name}: ${tag} ${tagged}`)
      }
      log.push(`strict ${this.moduleRef.get(Explorer, { strict: true }) === this}`)
    }

    @above
    @Tagged('a job')
    @below
    job(): void {}

    @Tagged('another job')
    @above
    @below
    other(): void {}
  }

  @classAbove
  @Injectable()
  @classBelow
  class Stamp implements NestMiddleware {
    @above
    @below
    use(_request: unknown, response: Response, next: Next): void {
      response.setHeader('x-stamp', 'class')
      next()
    }
  }

  const stamp = wrap(function stamp(_request: unknown, response: Response, next: Next): void {
    response.setHeader('x-also', 'function')
    next()
  })
  return { Explorer, Stamp, stamp }
}
