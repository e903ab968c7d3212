import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
// The originals are read now, because the getter of a replaced global must not read a global.
const originals = { Error, Object, Reflect }

// `nextTick` and `queueMicrotask` are not replaced, because Node and Fastify themselves would hang.
const FAKED_FUNCTIONS = [
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'],
  ...['Date', 'hrtime', 'performance'],
]

function fail(name) {
  return () => {
    throw new Error(`The replaced ${name} was called`)
  }
}

/** Freezes every built-in object that a program can reach. */
function freezeRealm() {
  const iterators = [[][Symbol.iterator](), new Map().entries(), new Set().values(), ''[Symbol.iterator]()]
  const functions = [async () => {}, function* () {}, async function* () {}]
  const roots = [
    ...['Object', 'Function', 'Array', 'Error', 'TypeError', 'RangeError', 'AggregateError', 'Promise', 'Map', 'Set'],
    ...['WeakMap', 'WeakSet', 'Date', 'RegExp', 'String', 'Number', 'Boolean', 'BigInt', 'Symbol', 'Proxy'],
    ...['Reflect', 'JSON', 'Math', 'Atomics', 'Uint8Array', 'ArrayBuffer', 'DataView'],
  ].map(name => globalThis[name])
  const prototypes = [...iterators, ...functions, new Uint8Array()].flatMap(value => {
    const prototype = Object.getPrototypeOf(value)
    return [prototype, Object.getPrototypeOf(prototype)]
  })
  for (const value of [...roots, ...roots.flatMap(({ prototype }) => prototype ?? []), ...prototypes]) {
    Object.freeze(value)
  }
}

/** The replacements, by name. Each function replaces globals in this process, as some programs do. */
export const replacements = {
  nothing() {},
  'zone.js'() {
    require('zone.js/node')
  },
  bluebird() {
    const { Promise } = globalThis
    globalThis.Promise = require('bluebird')
    // Bluebird has no `withResolvers`, but `fetch` in Node 26 calls this function on the global promise.
    globalThis.Promise.withResolvers = () => Promise.withResolvers()
  },
  'fake timers'() {
    require('@sinonjs/fake-timers').install({ now: 0, toFake: FAKED_FUNCTIONS })
  },
  'mocked clocks'() {
    Date.now = () => 0
    performance.now = () => 0
    process.hrtime = fail('process.hrtime')
    process.uptime = () => 0
    Math.random = () => 0
  },
  'mocked process'() {
    process.emitWarning = fail('process.emitWarning')
    globalThis.process = Object.assign(Object.create(process), { hrtime: fail('process.hrtime') })
  },
  'mocked functions'() {
    const { parse, stringify } = JSON
    JSON.parse = (...args) => isFromOsprofiler(new originals.Error()) ?? parse(...args)
    JSON.stringify = (...args) => isFromOsprofiler(new originals.Error()) ?? stringify(...args)
    const { keys, entries, assign } = Object
    Object.keys = (...args) => isFromOsprofiler(new originals.Error()) ?? keys(...args)
    Object.entries = (...args) => isFromOsprofiler(new originals.Error()) ?? entries(...args)
    Object.assign = (...args) => isFromOsprofiler(new originals.Error()) ?? assign(...args)
  },
  'mapped stacks'() {
    const { captureStackTrace } = Error
    Error.captureStackTrace = (...args) => isFromOsprofiler(new originals.Error()) ?? captureStackTrace(...args)
    Error.prepareStackTrace = error => `${error}\n    at mapped (source.ts:1:1)`
  },
  'deleted globals'() {
    for (const name of ['performance', 'crypto', 'structuredClone', 'btoa']) delete globalThis[name]
  },
  'globals that report who reads them'() {
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      const { configurable, value } = Object.getOwnPropertyDescriptor(globalThis, name)
      if (!configurable || value === undefined) continue
      originals.Object.defineProperty(globalThis, name, {
        configurable: true,
        get: () => isFromOsprofiler(new originals.Error(), name) ?? value,
        set: replaced => originals.Object.defineProperty(globalThis, name, { value: replaced, writable: true }),
      })
    }
  },
  'replaced then'() {
    const { then } = Promise.prototype
    const value = function (...handlers) {
      return originals.Reflect.apply(then, this, handlers)
    }
    Object.defineProperty(Promise.prototype, 'then', { value, writable: true, configurable: true })
  },
  'replaced call, apply and bind'() {
    const { apply, bind, call } = Function.prototype
    const replaced = {
      apply(self, args) {
        return (
          isFromOsprofiler(new originals.Error(), 'apply') ?? originals.Reflect.apply(apply, this, [self, args ?? []])
        )
      },
      bind(...args) {
        return isFromOsprofiler(new originals.Error(), 'bind') ?? originals.Reflect.apply(bind, this, args)
      },
      call(...args) {
        return isFromOsprofiler(new originals.Error(), 'call') ?? originals.Reflect.apply(call, this, args)
      },
    }
    for (const name of ['apply', 'bind', 'call']) {
      Object.defineProperty(Function.prototype, name, { value: replaced[name], writable: true, configurable: true })
    }
  },
  'setters of Object.prototype'() {
    for (const name of ['info', 'host', 'db', 'etype', 'message', 'function', 'request', 'flush', 'close', 'timer']) {
      Object.defineProperty(Object.prototype, name, {
        configurable: true,
        get: () => undefined,
        set(value) {
          isFromOsprofiler(new originals.Error(), name)
          originals.Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true })
        },
      })
    }
  },
  'frozen realm': freezeRealm,
}

/** The places in our code that read or called a replaced global. */
export const asked = new Set()
const OSPROFILER_PATH_PATTERN = /packages\/(?:core|express|koa|fastify|rpc|node|instruments|drivers)\/dist\/\S+/

function isFromOsprofiler({ stack }, name = '') {
  // If a program has replaced `Error.prepareStackTrace`, the `stack` of an error may not be a string.
  if (typeof stack !== 'string') return
  const line = stack.split('\n').find(each => each.startsWith('    at ') && !each.includes('replacements.mjs'))
  const place = line === undefined ? undefined : OSPROFILER_PATH_PATTERN.exec(line)?.[0]
  const fn = /^ {4}at (?:\S+\.)?(\w+) \(/.exec(line ?? '')?.[1]
  if (place !== undefined) asked.add(`${name} ${fn} ${place}`)
}
