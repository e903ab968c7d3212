import { Object, Reflect, settle, standIn, takeContext, WeakMap } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { standInOnce } from '../wrapping/stand-in-once.js'
import type { Around } from '../wrapping/wrap-method.js'
import { createLayers, type EnterLayer, nameOf } from './layers.js'
import { registrationSite } from './registration-site.js'

interface KoaContext {
  readonly method?: string
  /** Set by `@koa/router`. */
  readonly _matchedRoute?: unknown
}

type Next = (this: unknown, ...args: unknown[]) => unknown
type Middleware = (this: unknown, ...args: unknown[]) => unknown

/**
 * Records the middleware of Koa 2 and 3 as points named `koa`, if it is passed to `app.use` from now on. Work after
 * `await next()` is a second point, whose `layer.after` is true. Generators are not recorded.
 */
export function instrumentKoa({ libraries }: InstrumentSettings): () => void {
  const enter = createLayers('koa')
  const known = new WeakMap<object, unknown>()

  function layered(middleware: unknown): unknown {
    if (typeof middleware !== 'function' || isGenerator(middleware)) return middleware
    const before = known.get(middleware)
    if (before !== undefined) return before
    const traced = traceMiddleware(middleware as Middleware, enter)
    known.set(middleware, traced).set(traced, traced)
    return traced
  }

  const use: Around = (proceed, _self, [middleware, ...rest]) => proceed([layered(middleware), ...rest])
  return wrapLibrary('koa', [{ given: libraries.koa, methods: { use } }])
}

/** Koa 2 calls a generator with another `this` and another first argument, so the generator runs unchanged. */
function isGenerator(middleware: unknown): boolean {
  return Reflect.apply(Object.prototype.toString, middleware, []) === '[object GeneratorFunction]'
}

function traceMiddleware(middleware: Middleware, enter: EnterLayer): Middleware {
  const isRouter = 'router' in middleware
  const name = shownName(middleware) || (isRouter ? 'router' : (registrationSite() ?? ''))

  return standIn(middleware, (original, self, args) => {
    const [ctx, next, ...rest] = args as [KoaContext, Next, ...unknown[]]
    let point = enter(ctx, { name })
    if (point === undefined) return Reflect.apply(original, self, args)
    let over = false
    let below: { readonly error: unknown } | undefined

    // The code that awaits the promise may be untraced, as Koa itself is.
    const inContext = takeContext()
    const comeBack = (): void => {
      // A call that the middleware did not await may return after the end of the middleware.
      if (!over) inContext(() => (point = enter(ctx, { name, after: true })))
    }
    const handOn = (handed: Next, handedSelf: unknown, handedArgs: unknown[]): unknown => {
      point?.stop()
      return settle(() => Reflect.apply(handed, handedSelf, handedArgs), {
        done: comeBack,
        failed(error) {
          below = { error }
          comeBack()
        },
      })
    }
    const end = (failure?: { readonly error: unknown }): void => {
      over = true
      const info = isRouter ? routeInfo(ctx) : undefined
      // The point of the layer below has recorded its own error.
      if (failure === undefined || below?.error === failure.error) point?.stop(info)
      else point?.fail(failure.error, info)
    }

    const given = typeof next === 'function' ? [ctx, standInOnce(next, handOn), ...rest] : args
    return settle(() => Reflect.apply(original, self, given), {
      done: () => end(),
      failed: error => end({ error }),
    })
  })
}

function shownName(middleware: Middleware): string {
  // Koa itself looks here first.
  const { _name: shown } = middleware as { _name?: unknown }
  return typeof shown === 'string' ? shown : nameOf(middleware)
}

/** The route is known only after the router has run. */
function routeInfo({ method = '', _matchedRoute: route }: KoaContext): { layer: { route: string } } | undefined {
  return typeof route === 'string' ? { layer: { route: `${method} ${route}` } } : undefined
}
