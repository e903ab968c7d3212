import { createTraceId, run, signedPack, trace, traceClass, withTrace } from '@osprofiler/core'
import { createRunTraced } from '@osprofiler/rpc'

const KEY = 'KEY'
const serve = createRunTraced(KEY, { maxTracesPerSecond: 1e9 })

const OPTIONS = [undefined, { hideResult: false }, { hideArgs: true }, { info: { step: 1 } }]

/** The ways to trace that a program may choose from. Here they have no effect. */
export const PLAIN = {
  trace: (_, fn) => fn,
  twice: (_, fn) => fn,
  legacy: () => {},
  standard: () => {},
  field: (_, fn) => fn,
  traceClass: (_, type) => type,
  block: (_, fn) => fn(),
  blockInfo: (_, fn) => fn(),
  runInside: fn => fn(),
  serveInside: fn => fn(),
}

/** The same ways, with tracing. */
export const TRACED = {
  trace: (name, fn, option = 0) => trace(name, OPTIONS[option])(fn),
  twice: (name, fn, option = 0) => trace(`outer ${name}`, OPTIONS[option])(trace(name)(fn)),
  /** Calls the decorator as `experimentalDecorators` does. */
  legacy(name, target, key, option = 0) {
    const descriptor = Object.getOwnPropertyDescriptor(target, key)
    Object.defineProperty(target, key, trace(name, OPTIONS[option])(target, key, descriptor) ?? descriptor)
  },
  /** Calls the decorator as engines call standard decorators. */
  standard(name, target, key, option = 0) {
    const descriptor = Object.getOwnPropertyDescriptor(target, key)
    const context = {
      kind: 'method',
      name: key,
      static: false,
      private: false,
      access: {},
      addInitializer() {},
      metadata: {},
    }
    Object.defineProperty(target, key, {
      ...descriptor,
      value: trace(name, OPTIONS[option])(descriptor.value, context),
    })
  },
  field: (name, fn, option = 0) =>
    trace(name, OPTIONS[option])(undefined, { kind: 'field', name: 'f', static: false })(fn),
  traceClass: (name, type, options) => traceClass(name, options)(type),
  block: (name, fn) => withTrace(name, fn),
  blockInfo: (name, fn) => withTrace(name, { step: 2 }, fn),
  runInside: fn => run({ hmacKey: KEY }, fn),
  serveInside(fn) {
    // Each program has its own trace. A shared trace would reach its maximum number of points after 23,000 programs.
    const [info, hmac] = signedPack({ base_id: createTraceId(), parent_id: 'parent' }, KEY)
    return serve({ 'X-Trace-Info': info, 'X-Trace-HMAC': hmac }, fn)
  },
}
