import { Promise, Reflect, WeakSet } from '@osprofiler/core/toolkit'
import type { InstrumentSettings } from './instrument-settings.js'
import { createLayers, disguise, type EnterLayer } from './layers.js'
import { whenLoaded } from './library-loads.js'
import { wrapMethod } from './wrap-method.js'

/** The part of Koa's context that tells what a router has found. */
interface KoaContext {
  readonly method?: string
  /** As `@koa/router` sets it. */
  readonly _matchedRoute?: unknown
}

type Next = () => Promise<unknown>
type Middleware = (this: unknown, ctx: KoaContext, next: Next) => unknown

/**
 * Makes the middlewares of Koa 2 and 3 points named `koa`, those that are given to `app.use` from now on. One that works
 * on after `await next()` is a second point there, whose `layer.after` is true.
 */
export function instrumentKoa({ libraries }: InstrumentSettings): () => void {
  const enter = createLayers('koa')
  const wrapped = new WeakSet<object>()

  return whenLoaded(
    'koa',
    koa =>
      wrapMethod((koa as { prototype: object }).prototype, 'use', (original, self, [middleware, ...rest]) => {
        if (typeof middleware !== 'function' || wrapped.has(middleware))
          return Reflect.apply(original, self, [middleware, ...rest])
        const layered = traceMiddleware(middleware as Middleware, enter)
        wrapped.add(layered)
        return Reflect.apply(original, self, [layered, ...rest])
      }),
    { given: libraries.koa },
  )
}

function traceMiddleware(middleware: Middleware, enter: EnterLayer): Middleware {
  const isRouter = 'router' in middleware
  const name = nameOf(middleware) || (isRouter ? 'router' : '')

  function layered(this: unknown, ctx: KoaContext, next: Next): unknown {
    let point = enter(ctx, { name })
    if (point === undefined) return Reflect.apply(middleware, this, [ctx, next])
    let below: { readonly error: unknown } | undefined

    const handOn: Next = () => {
      point?.stop()
      const comeBack = (): void => {
        point = enter(ctx, { name, after: true })
      }
      return next().then(
        value => {
          comeBack()
          return value
        },
        error => {
          below = { error }
          comeBack()
          throw error
        },
      )
    }
    const info = () => (isRouter ? routeInfo(ctx) : undefined)
    const end = (): void => point?.stop(info())
    // What those below failed of is told by theirs.
    const fail = (error: unknown): void => (below?.error === error ? end() : point?.fail(error, info()))

    try {
      const result = Reflect.apply(middleware, this, [ctx, handOn])
      if (!(result instanceof Promise)) {
        end()
        return result
      }
      return result.then(
        value => {
          end()
          return value
        },
        error => {
          fail(error)
          throw error
        },
      )
    } catch (error) {
      fail(error)
      throw error
    }
  }

  return disguise(layered, middleware as (...args: never[]) => unknown)
}

function nameOf(middleware: Middleware): string {
  // Where Koa itself looks first.
  const { _name: shown } = middleware as { _name?: unknown }
  return typeof shown === 'string' ? shown : middleware.name.replace(/^(?:bound )+/, '')
}

/** Known only once the router has run. */
function routeInfo({ method = '', _matchedRoute: route }: KoaContext): { layer: { route: string } } | undefined {
  return typeof route === 'string' ? { layer: { route: `${method} ${route}` } } : undefined
}
