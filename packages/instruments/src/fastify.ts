import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Array, isError, Promise, Reflect, String, WeakSet } from '@osprofiler/core/toolkit'
import { claim } from './claim.js'
import { createLayers, disguise, type EnterLayer, type Layer } from './layers.js'
import { wrapMethod } from './wrap-method.js'

/** A hook or a handler: a request and a reply come first, and in hooks with callbacks what goes on comes last. */
type Step = (this: unknown, request: object, ...rest: unknown[]) => unknown

interface FastifyInstance {
  addHook(name: string, hook: unknown): unknown
}

type RouteOptions = Record<string, unknown> & { readonly method?: unknown; readonly url?: unknown }

// Those that are called while a request is served.
const HOOKS = ['onRequest', 'preParsing', 'preValidation', 'preHandler', 'preSerialization', 'onSend', 'onError']

/**
 * Makes the hooks and handlers of Fastify points named `fastify`, in servers that are created from now on: each server
 * is told of by the channel `fastify.initialization`, its hooks pass through `addHook`, and its routes, with the hooks of
 * their own, through `onRoute`.
 */
export function instrumentFastify(): () => void {
  const enter = createLayers('fastify')
  const wrapped = new WeakSet<object>()
  let active = true

  const layered = (step: unknown, layer: Omit<Layer, 'name'>): unknown => {
    if (Array.isArray(step)) return step.map(one => layered(one, layer))
    if (typeof step !== 'function' || wrapped.has(step) || /^osprofiler/.test(step.name)) return step
    const traced = traceStep(step as Step, layer, (request, entered) => (active ? enter(request, entered) : undefined))
    wrapped.add(traced)
    return traced
  }

  function onServer(message: unknown): void {
    const { fastify } = message as { fastify: FastifyInstance }
    if (!claim(fastify)) return
    wrapMethod(fastify, 'addHook', (original, self, [name, hook, ...rest]) =>
      Reflect.apply(original, self, [
        name,
        HOOKS.includes(String(name)) ? layered(hook, { hook: String(name) }) : hook,
        ...rest,
      ]),
    )
    fastify.addHook('onRoute', (options: RouteOptions) => {
      const route = `${[options.method].flat().join(',')} ${options.url}`
      options.handler = layered(options.handler, { route })
      for (const hook of HOOKS) {
        if (options[hook] !== undefined) options[hook] = layered(options[hook], { hook, route })
      }
    })
  }

  const listener = (message: unknown): void => {
    try {
      onServer(message)
    } catch {
      // The server is created, untraced.
    }
  }
  subscribe('fastify.initialization', listener)
  return () => {
    active = false
    unsubscribe('fastify.initialization', listener)
  }
}

function traceStep(step: Step, layer: Omit<Layer, 'name'>, enter: EnterLayer): Step {
  const name = step.name

  function run(self: unknown, [request, ...rest]: readonly [object, ...unknown[]]): unknown {
    const point = enter(request, { ...layer, name })
    if (point === undefined) return Reflect.apply(step, self, [request, ...rest])
    const done = layer.hook === undefined ? undefined : rest.at(-1)
    if (typeof done === 'function') {
      rest[rest.length - 1] = (error: unknown, ...more: unknown[]) => {
        if (isError(error)) point.fail(error)
        else point.stop()
        return done(error, ...more)
      }
    }
    try {
      const result = Reflect.apply(step, self, [request, ...rest])
      // Not waited for instead of the program, which may be handed any thenable.
      if (result instanceof Promise) {
        result.then(
          () => point.stop(),
          error => point.fail(error),
        )
      }
      return result
    } catch (error) {
      point.fail(error)
      throw error
    }
  }

  // Fastify refuses an async function that also takes a callback, and knows it by its constructor.
  const standIn: Step =
    step.constructor.name === 'AsyncFunction'
      ? async function (...args) {
          return run(this, args)
        }
      : function (...args) {
          return run(this, args)
        }
  return disguise(standIn, step as (...args: never[]) => unknown)
}
