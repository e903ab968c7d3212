import type { Point } from '@osprofiler/core'
import { Array, Reflect, String, settle, standIn, types, WeakSet } from '@osprofiler/core/toolkit'
import { markTraced } from '../points/mark-traced.js'
import { listen } from '../wrapping/diagnostics-channels.js'
import { standInAfter } from '../wrapping/stand-in-once.js'
import { wrapMethod } from '../wrapping/wrap-method.js'
import { createStartLayer, getFunctionName, type Layer, type StartLayer } from './layers.js'
import { findRegistrationSite } from './registration-site.js'

/** A hook or a handler. Its first arguments are the request and the reply. A hook's last argument is the callback. */
type HookOrHandler = (this: unknown, ...args: unknown[]) => unknown

interface FastifyInstance {
  addHook(name: string, hook: unknown): unknown
}

const { isPromise } = types

type RouteOptions = Record<string, unknown> & { readonly method?: unknown; readonly url?: unknown }

const HOOK_NAMES = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend', 'onError']

/** Records hooks and handlers as points named `fastify`, in Fastify servers that are created after this call. */
export function instrumentFastify(): () => void {
  const startLayer = createStartLayer('fastify')
  const tracedFunctions = new WeakSet<object>()
  let isActive = true

  const traceFunctions = (fn: unknown, layer: Omit<Layer, 'name' | 'site'>): unknown => {
    if (Array.isArray(fn)) return fn.map(one => traceFunctions(one, layer))
    if (typeof fn !== 'function' || tracedFunctions.has(fn) || /^osprofiler/.test(getFunctionName(fn))) return fn
    const traced = traceFunction(fn as HookOrHandler, layer, (request, startedLayer) =>
      isActive ? startLayer(request, startedLayer) : undefined,
    )
    tracedFunctions.add(traced)
    return traced
  }

  function onServerCreated({ fastify }: { readonly fastify: FastifyInstance }): void {
    if (!markTraced(fastify)) return
    wrapMethod(fastify, 'addHook', (proceed, _self, [name, hook, ...rest]) => {
      return proceed([
        name,
        HOOK_NAMES.includes(String(name)) ? traceFunctions(hook, { hook: String(name) }) : hook,
        ...rest,
      ])
    })
    fastify.addHook('onRoute', (options: RouteOptions) => {
      const route = `${[options.method].flat().join(',')} ${options.url}`
      options.handler = traceFunctions(options.handler, { route })
      for (const hook of HOOK_NAMES) {
        if (options[hook] !== undefined) options[hook] = traceFunctions(options[hook], { hook, route })
      }
    })
  }

  const undo = listen({ 'fastify.initialization': onServerCreated })
  return () => {
    isActive = false
    undo()
  }
}

function traceFunction(fn: HookOrHandler, layer: Omit<Layer, 'name' | 'site'>, startLayer: StartLayer): HookOrHandler {
  const ownName = getFunctionName(fn)
  // JavaScript names an anonymous function in a route's options after its option, such as `preHandler`. The
  // registration site replaces such a name.
  const site = findRegistrationSite()
  const name = ownName === layer.hook && site.label !== '' ? '' : ownName
  return standIn(fn, (original, self, args) => {
    const point = startLayer(args[0] as object, { ...layer, name, site })
    if (point === undefined) return Reflect.apply(original, self, args)
    const callback = layer.hook === undefined ? undefined : args.at(-1)
    const newArgs =
      typeof callback === 'function' ? args.with(-1, endPointAtCallback(callback as HookOrHandler, point)) : args
    let hasPromise = false
    return settle(
      () => {
        const result = Reflect.apply(original, self, newArgs)
        hasPromise = isPromise(result)
        return result
      },
      {
        // If the function returned no promise, the point lasts until the function calls back or sends the reply, or the
        // next function begins.
        done() {
          if (hasPromise) point.stop()
        },
        failed: error => point.fail(error),
      },
    )
  })
}

function endPointAtCallback(callback: HookOrHandler, point: Point): HookOrHandler {
  return standInAfter(callback, error => {
    if (error) point.fail(error)
    else point.stop()
  })
}
