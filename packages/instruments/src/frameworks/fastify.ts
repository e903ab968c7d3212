import type { Point } from '@osprofiler/core'
import { Array, Reflect, String, settle, standIn, types, WeakSet } from '@osprofiler/core/toolkit'
import { markTaken } from '../points/mark-taken.js'
import { listen } from '../wrapping/diagnostics-channels.js'
import { standInAfter } from '../wrapping/stand-in-once.js'
import { wrapMethod } from '../wrapping/wrap-method.js'
import { createLayers, type EnterLayer, type Layer, nameOf } from './layers.js'
import { registrationSite } from './registration-site.js'

/** A hook or a handler. Request and reply come first, and the callback of a hook comes last. */
type Step = (this: unknown, ...args: unknown[]) => unknown

interface FastifyInstance {
  addHook(name: string, hook: unknown): unknown
}

const { isPromise } = types

type RouteOptions = Record<string, unknown> & { readonly method?: unknown; readonly url?: unknown }

const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend', 'onError']

/** Records the hooks and handlers of Fastify as points named `fastify`, in servers that are created from now on. */
export function instrumentFastify(): () => void {
  const enter = createLayers('fastify')
  const wrapped = new WeakSet<object>()
  let active = true

  const layered = (step: unknown, layer: Omit<Layer, 'name'>): unknown => {
    if (Array.isArray(step)) return step.map(one => layered(one, layer))
    if (typeof step !== 'function' || wrapped.has(step) || /^osprofiler/.test(nameOf(step))) return step
    const traced = traceStep(step as Step, layer, (request, entered) => (active ? enter(request, entered) : undefined))
    wrapped.add(traced)
    return traced
  }

  function onServer({ fastify }: { readonly fastify: FastifyInstance }): void {
    if (!markTaken(fastify)) return
    wrapMethod(fastify, 'addHook', (proceed, _self, [name, hook, ...rest]) => {
      return proceed([name, HOOKS.includes(String(name)) ? layered(hook, { hook: String(name) }) : hook, ...rest])
    })
    fastify.addHook('onRoute', (options: RouteOptions) => {
      const route = `${[options.method].flat().join(',')} ${options.url}`
      options.handler = layered(options.handler, { route })
      for (const hook of HOOKS) {
        if (options[hook] !== undefined) options[hook] = layered(options[hook], { hook, route })
      }
    })
  }

  const undo = listen({ 'fastify.initialization': onServer })
  return () => {
    active = false
    undo()
  }
}

function traceStep(step: Step, layer: Omit<Layer, 'name'>, enter: EnterLayer): Step {
  const own = nameOf(step)
  // A function in the options of a route is named after its option.
  const name = own === '' || own === layer.hook ? (registrationSite() ?? own) : own
  return standIn(step, (original, self, args) => {
    const point = enter(args[0] as object, { ...layer, name })
    if (point === undefined) return Reflect.apply(original, self, args)
    const done = layer.hook === undefined ? undefined : args.at(-1)
    const given = typeof done === 'function' ? args.with(-1, endAtCall(done as Step, point)) : args
    let waited = false
    return settle(
      () => {
        const result = Reflect.apply(original, self, given)
        waited = isPromise(result)
        return result
      },
      {
        // A step without a promise lasts until it calls back, sends, or the next one begins.
        done() {
          if (waited) point.stop()
        },
        failed: error => point.fail(error),
      },
    )
  })
}

function endAtCall(done: Step, point: Point): Step {
  return standInAfter(done, error => {
    if (error) point.fail(error)
    else point.stop()
  })
}
