import {
  Body,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  type MiddlewareConsumer,
  Module,
  type NestModule,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Redirect,
  SetMetadata,
  Sse,
  type Type,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common'
import { APP_INTERCEPTOR, DiscoveryModule } from '@nestjs/core'
import { IsInt, IsString, Min } from 'class-validator'
import { type Observable, of } from 'rxjs'
import type { WayToTrace } from '../../ways-to-trace.js'
import { createEnhancers, Plan } from './enhancers.js'
import { createProviders } from './providers.js'
import { createSurroundings } from './surroundings.js'

const Roles = (...roles: string[]) => SetMetadata('roles', roles)
const Customer = createParamDecorator(
  (header: string, context: ExecutionContext): unknown => context.switchToHttp().getRequest().headers[header],
)

/** Creates a Nest module with every type of class that Nest calls, all traced in the given way. */
export function createOrdersModule(way: WayToTrace): { module: Type; Orders: Type; log: string[] } {
  const { above, below, classAbove, classBelow, classInPlace } = way
  const log: string[] = []
  const { RolesGuard, Envelope, Upper, OutOfStock, OutOfStockFilter } = createEnhancers(way)
  const { providers, Prices, Visit, Hooks } = createProviders(way, log)
  const { Explorer, Stamp, stamp } = createSurroundings(way, log)

  @classInPlace
  class OrderDto {
    @IsInt()
    @Min(1)
    amount!: number

    @IsString()
    customer!: string

    @above
    @below
    describe(): string {
      return `${this.amount} for ${this.customer}`
    }
  }

  class Listed {
    @above
    @Get('list')
    @Roles('reader')
    @below
    list(@Query('page') page = '1'): string {
      return `page ${page}`
    }

    @above
    @Get('count')
    @below
    async count(): Promise<{ count: number }> {
      return { count: 3 }
    }
  }

  @classAbove
  @Controller('orders')
  @UseGuards(RolesGuard)
  @Plan('free')
  @classBelow
  class Orders extends Listed {
    constructor(
      @Inject(Prices) readonly prices: InstanceType<typeof Prices>,
      @Inject('GREETING') readonly greeting: string,
      @Inject(Visit) readonly visit: InstanceType<typeof Visit>,
    ) {
      super()
    }

    @above
    @Get('greeting')
    @below
    greet(@Customer('x-customer') customer: string, @Headers('x-role') role?: string): string {
      return `${this.greeting} ${customer} ${role} ${this.visit.url()}`
    }

    @above
    @Roles('admin')
    @HttpCode(202)
    @Post('remove')
    @below
    remove(): string {
      return 'removed'
    }

    @Roles('admin')
    @above
    @Get('split')
    @below
    @Plan('paid')
    split(): string {
      return 'split'
    }

    @above
    @Get('price/:amount')
    @UseInterceptors(Envelope)
    @Header('x-unit', 'EUR')
    @below
    price(@Param('amount', ParseIntPipe) amount: number): string {
      return this.prices.of(amount)
    }

    @above
    @Post()
    @UsePipes(new ValidationPipe({ transform: true, whitelist: true }))
    @below
    create(@Body() order: OrderDto): unknown {
      return { is: order instanceof OrderDto, text: order.describe(), keys: Object.keys(order) }
    }

    @above
    @Get('shout/:word')
    @below
    shout(@Param('word', Upper) word: string): Promise<string> {
      return Promise.resolve(word)
    }

    @above
    @Get('stock')
    @UseFilters(OutOfStockFilter)
    @below
    async stock(): Promise<never> {
      throw new OutOfStock('tea')
    }

    @above
    @Get('gone')
    @Redirect('/elsewhere', 301)
    @below
    gone(): void {}

    @above
    @Sse('events')
    @below
    events(): Observable<{ data: string }> {
      return of({ data: 'first' }, { data: 'last' })
    }
  }

  @Module({
    imports: [DiscoveryModule],
    controllers: [Orders],
    providers: [...providers, Explorer, RolesGuard, { provide: APP_INTERCEPTOR, useClass: Hooks }],
  })
  class OrdersModule implements NestModule {
    @above
    @below
    configure(consumer: MiddlewareConsumer): void {
      consumer.apply(Stamp, stamp).forRoutes(Orders)
    }
  }

  return { module: OrdersModule, Orders, log }
}
