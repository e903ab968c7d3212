import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  type PipeTransform,
  type Type,
} from '@nestjs/common'
import { HttpAdapterHost, Reflector } from '@nestjs/core'
import { map, type Observable } from 'rxjs'
import type { WayToTrace } from '../../ways-to-trace.js'

export const Plan = Reflector.createDecorator<string>()

interface Enhancers {
  readonly RolesGuard: Type<CanActivate>
  readonly Envelope: Type<NestInterceptor>
  readonly Upper: Type<PipeTransform>
  readonly OutOfStock: new (message: string) => Error
  readonly OutOfStockFilter: Type<ExceptionFilter>
}

/** Creates everything that Nest calls around a route, traced in the given way. */
export function createEnhancers({ above, below, classAbove, classBelow }: WayToTrace): Enhancers {
  @classAbove
  @Injectable()
  @classBelow
  class RolesGuard implements CanActivate {
    constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

    @above
    @below
    canActivate(context: ExecutionContext): boolean {
      const targets = [context.getHandler(), context.getClass()]
      const roles: string[] = this.reflector.getAllAndMerge('roles', targets)
      const request = context.switchToHttp().getRequest()
      request.plan = this.reflector.getAllAndOverride(Plan, targets)
      return roles.length === 0 || roles.includes(request.headers['x-role'])
    }
  }

  @classAbove
  @Injectable()
  @classBelow
  class Envelope implements NestInterceptor {
    @above
    @below
    intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
      const { plan } = context.switchToHttp().getRequest()
      return next.handle().pipe(map(data => ({ data, plan, by: context.getHandler().name })))
    }
  }

  @classAbove
  @Injectable()
  @classBelow
  class Upper implements PipeTransform {
    @above
    @below
    async transform(value: string): Promise<string> {
      return value.toUpperCase()
    }
  }

  @classAbove
  @classBelow
  class OutOfStock extends Error {}

  @classAbove
  @Catch(OutOfStock)
  @classBelow
  class OutOfStockFilter implements ExceptionFilter {
    constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

    @above
    @below
    catch(exception: Error, host: ArgumentsHost): void {
      const { httpAdapter } = this.host
      httpAdapter.reply(host.switchToHttp().getResponse(), { sold: exception.message }, 410)
    }
  }

  return { RolesGuard, Envelope, Upper, OutOfStock, OutOfStockFilter }
}
