import { Object, Reflect, settle, standIn, takeContext, WeakMap } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../loading/wrap-library.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { standInOnce } from '../wrapping/stand-in-once.js'
import type { Around } from '../wrapping/wrap-method.js'
import { createStartLayer, getFunctionName, type StartLayer } from './layers.js'
import { findRegistrationSite } from './registration-site.js'

interface KoaContext {
  readonly method?: string
  /** The pattern of the route, which `@koa/router` sets. */
  readonly _matchedRoute?: unknown
}

type Next = (this: unknown, ...args: unknown[]) => unknown
type Middleware = (this: unknown, ...args: unknown[]) => unknown

/**
 * Records the middleware of Koa 2 and 3 as points named `koa`, if it is passed to `app.use` after this call. Work after
 * `await next()` is recorded as a second point, whose `layer.after` is true. Generator functions are not recorded.
 */
export function instrumentKoa({ libraries }: InstrumentSettings): () => void {
  const startLayer = createStartLayer('koa')
  const tracedMiddleware = new WeakMap<object, unknown>()

  function traceOnce(middleware: unknown): unknown {
    if (typeof middleware !== 'function' || isGenerator(middleware)) return middleware
    const known = tracedMiddleware.get(middleware)
    if (known !== undefined) return known
    const traced = traceMiddleware(middleware as Middleware, startLayer)
    tracedMiddleware.set(middleware, traced).set(traced, traced)
    return traced
  }

  const aroundUse: Around = (proceed, _self, [middleware, ...rest]) => proceed([traceOnce(middleware), ...rest])
  return wrapLibrary('koa', [{ given: libraries.koa, methods: { use: aroundUse } }])
}

/**
 * Returns whether middleware is a generator function. Koa 2 calls these with a different `this` and a different first
 * argument, so they run unwrapped.
 */
function isGenerator(middleware: unknown): boolean {
  return Reflect.apply(Object.prototype.toString, middleware, []) === '[object GeneratorFunction]'
}

function traceMiddleware(middleware: Middleware, startLayer: StartLayer): Middleware {
  const isRouter = 'router' in middleware
  const layer = { name: getShownName(middleware) || (isRouter ? 'router' : ''), site: findRegistrationSite() }

  return standIn(middleware, (original, self, args) => {
    const [ctx, next, ...rest] = args as [KoaContext, Next, ...unknown[]]
    let point = startLayer(ctx, layer)
    if (point === undefined) return Reflect.apply(original, self, args)
    let hasEnded = false
    let failureBelow: { readonly error: unknown } | undefined

    // The context is taken here, because the code that awaits the promise, such as Koa itself, may run outside the
    // trace.
    const inContext = takeContext()
    const resumeLayer = (): void => {
      // If the middleware did not await `next()`, the promise may settle after the middleware has ended.
      if (!hasEnded) inContext(() => (point = startLayer(ctx, { ...layer, after: true })))
    }
    const callNext = (nextFunction: Next, nextSelf: unknown, nextArgs: unknown[]): unknown => {
      point?.stop()
      return settle(() => Reflect.apply(nextFunction, nextSelf, nextArgs), {
        done: resumeLayer,
        failed(error) {
          failureBelow = { error }
          resumeLayer()
        },
      })
    }
    const end = (failure?: { readonly error: unknown }): void => {
      hasEnded = true
      const info = isRouter ? describeRoute(ctx) : undefined
      // If a later layer failed with the same error, that layer's point has already recorded the error.
      if (failure === undefined || failureBelow?.error === failure.error) point?.stop(info)
      else point?.fail(failure.error, info)
    }

    const newArgs = typeof next === 'function' ? [ctx, standInOnce(next, callNext), ...rest] : args
    return settle(() => Reflect.apply(original, self, newArgs), {
      done: () => end(),
      failed: error => end({ error }),
    })
  })
}

function getShownName(middleware: Middleware): string {
  // Koa also prefers `_name` to the function's name.
  const { _name: shown } = middleware as { _name?: unknown }
  return typeof shown === 'string' ? shown : getFunctionName(middleware)
}

/** The route is known only after the router has run. */
function describeRoute({ method = '', _matchedRoute: route }: KoaContext): { layer: { route: string } } | undefined {
  return typeof route === 'string' ? { layer: { route: `${method} ${route}` } } : undefined
}
