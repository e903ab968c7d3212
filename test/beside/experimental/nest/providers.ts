import {
  type BeforeApplicationShutdown,
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
  type Provider,
  Scope,
  type Type,
} from '@nestjs/common'
import { ModuleRef, REQUEST } from '@nestjs/core'
import { type Observable, tap } from 'rxjs'
import type { WayToTrace } from '../../ways-to-trace.js'

interface Providers {
  readonly providers: readonly Provider[]
  readonly Prices: Type<{ of(amount: number): string }>
  readonly Visit: Type<{ url(): string }>
  readonly Hooks: Type<NestInterceptor>
}

/** Creates providers of each type, all traced in the given way. They write to `log`. */
export function createProviders({ above, below, classAbove, classBelow, wrap }: WayToTrace, log: string[]): Providers {
  @classAbove
  @Injectable()
  @classBelow
  class Prices {
    @Inject('CURRENCY')
    private readonly currency!: string

    @above
    @below
    of(amount: number): string {
      return `${amount} ${this.currency}`
    }
  }

  @classAbove
  @Injectable({ scope: Scope.REQUEST })
  @classBelow
  class Visit {
    constructor(@Inject(REQUEST) private readonly request: { url: string; method: string }) {}

    @above
    @below
    url(): string {
      return `${this.request.method} ${this.request.url}`
    }
  }

  @classAbove
  @Injectable()
  @classBelow
  class Hooks
    implements
      NestInterceptor,
      OnModuleInit,
      OnApplicationBootstrap,
      OnModuleDestroy,
      BeforeApplicationShutdown,
      OnApplicationShutdown
  {
    constructor(
      @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
      private readonly prices: Prices,
    ) {}

    @above
    @below
    async onModuleInit(): Promise<void> {
      await null
      log.push(`init ${this.moduleRef.get(Prices) === this.prices} ${this.moduleRef.get('GREETING')}`)
    }

    @above
    @below
    async onApplicationBootstrap(): Promise<void> {
      const created = await this.moduleRef.create(Prices)
      log.push(`bootstrap ${created instanceof Prices} ${created.constructor === Prices} ${created.of(1)}`)
    }

    @above
    @below
    onModuleDestroy(): void {
      log.push('destroy')
    }

    @above
    @below
    beforeApplicationShutdown(signal?: string): void {
      log.push(`before shutdown ${signal}`)
    }

    @above
    @below
    onApplicationShutdown(signal?: string): void {
      log.push(`shutdown ${signal}`)
    }

    @above
    @below
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      return next.handle().pipe(tap(() => log.push(`${context.getClass().name}.${context.getHandler().name}`)))
    }
  }

  const providers: Provider[] = [
    Prices,
    Visit,
    { provide: 'CURRENCY', useFactory: wrap((): string => 'EUR') },
    {
      provide: 'GREETING',
      useFactory: wrap(async (prices: Prices, currency: string): Promise<string> => `${prices.of(2)} in ${currency}:`),
      inject: [Prices, 'CURRENCY'],
    },
  ]
  return { providers, Prices, Visit, Hooks }
}
