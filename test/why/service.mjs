// A service that allows accounts, which divide a request's time among its causes. Prints its port and its records, one
// JSON text per line. Environment variables select the framework (FRAMEWORK), options of setup() (SETUP), and a hostile
// change that the program makes to Node's globals (HOSTILE).

import { AsyncResource, createHook } from 'node:async_hooks'
import { writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { setup } from '@osprofiler/node'

const print = line => writeSync(1, `${JSON.stringify(line)}\n`)
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const { FRAMEWORK = 'express', SETUP = '{}' } = process.env
// Only one framework is loaded, because loading all three takes half a second of CPU time.
const framework = await import(FRAMEWORK)
const adapter = await import(`@osprofiler/${FRAMEWORK}`)

const profiling = setup({
  driver: {
    name: 'printed',
    write: async records => print({ records }),
    close: async () => undefined,
  },
  ...JSON.parse(SETUP),
})

function sumPrices(ms) {
  const startedAt = performance.now()
  let sum = 0
  while (performance.now() - startedAt < ms) sum += Math.sqrt(sum + 1)
  return sum
}

function serveOthers(ms) {
  const startedAt = performance.now()
  let sum = 0
  while (performance.now() - startedAt < ms) sum += Math.sqrt(sum + 1)
  return sum
}

/** Returns how many hooks of each type are enabled: `init`, `before`, `after`, `destroy`, `promiseResolve`. */
function countHooks() {
  const { internalBinding } = createRequire(import.meta.url)('internal/test/binding')
  return [...internalBinding('async_wrap').async_hook_fields].slice(0, 5)
}

let program
/** The handlers, by path. */
const HANDLERS = {
  async compute({ ms = 60 }) {
    sumPrices(Number(ms))
  },
  wait: ({ ms = 30 }) => sleep(Number(ms)),
  async both({ ms = 40 }) {
    sumPrices(Number(ms))
    await sleep(Number(ms))
  },
  async beside({ ms = 40 }) {
    setTimeout(sumPrices, 5, Number(ms))
    await sleep(10)
  },
  async call({ port }) {
    return (await fetch(`http://127.0.0.1:${port}/headers`)).json()
  },
  async headers(_, headers) {
    return headers
  },
  async hold({ ms = 100 }) {
    serveOthers(Number(ms))
  },
  async modules() {
    return process.moduleLoadList.filter(name => name === 'NativeModule inspector')
  },
  async hooks() {
    return countHooks()
  },
  async stackSettings() {
    return ['stackTraceLimit', 'prepareStackTrace'].map(name => {
      const { value, get, set, ...flags } = Object.getOwnPropertyDescriptor(Error, name) ?? {}
      return {
        ...flags,
        isSame: value === hostile[name] || get === hostile[name],
        value: String(value ?? get),
        formatted,
      }
    })
  },
  async throws() {
    sumPrices(20)
    throw new Error('the handler fails')
  },
  never: () => new Promise(() => undefined),
  async loop({ port, path }, { 'x-trace-info': info, 'x-trace-hmac': hmac }) {
    const headers = { 'x-trace-info': info, 'x-trace-hmac': hmac }
    for (let round = 0; round < 3; round++) await (await fetch(`http://127.0.0.1:${port}/${path}`, { headers })).text()
  },
  /** Starts the program's own CPU profile, which begins before the account and ends after it. */
  async startProfile() {
    const { Session } = await import('node:inspector/promises')
    program = new Session()
    program.connect()
    await program.post('Profiler.enable')
    await program.post('Profiler.start')
  },
  async stopProfile() {
    serveOthers(100)
    const { profile } = await program.post('Profiler.stop')
    program.disconnect()
    return profile.nodes.map(({ callFrame }) => callFrame.functionName)
  },
  async startHook() {
    hook.enable()
  },
  async stopHook() {
    hook.disable()
    return hookCalls
  },
  async uncaught() {
    const resource = new AsyncResource('Program')
    await new Promise(resolve => {
      process.once('uncaughtException', resolve)
      setTimeout(() =>
        resource.runInAsyncScope(() => {
          throw new Error('of the program')
        }),
      )
    })
    await sleep(20)
  },
  async closeServer() {
    setImmediate(() => server.close())
  },
  async closeSetup() {
    setImmediate(() => server.close(() => profiling.close()))
  },
}

const hookCalls = { init: 0, before: 0, after: 0 }
const hook = createHook({
  init: () => void hookCalls.init++,
  before: () => void hookCalls.before++,
  after: () => void hookCalls.after++,
})

const hostile = {}
let formatted = 0
const HOSTILE = {
  settings() {
    Error.stackTraceLimit = 3
    Error.prepareStackTrace = (_, frames) => {
      formatted++
      return frames.length
    }
  },
  throwing() {
    Error.prepareStackTrace = () => {
      throw new TypeError('of the program')
    }
  },
  accessors() {
    for (const name of ['stackTraceLimit', 'prepareStackTrace']) {
      const fail = () => {
        throw new TypeError(`the program forbids ${name}`)
      }
      Object.defineProperty(Error, name, { get: fail, set: fail, configurable: true })
    }
  },
  frozen() {
    Error.prepareStackTrace = () => {
      throw new TypeError('of the program')
    }
    Object.freeze(Error)
  },
  resources() {
    // Accounts are recorded by reading members of async resources. Each read of this resource throws an error.
    const failing = new Proxy(
      {},
      {
        has() {
          throw new TypeError('of the program')
        },
      },
    )
    Object.setPrototypeOf(AsyncResource.prototype, failing)
    setInterval(() => new AsyncResource('Program').runInAsyncScope(() => undefined), 5).unref()
  },
}
HOSTILE[process.env.HOSTILE]?.()
for (const name of ['stackTraceLimit', 'prepareStackTrace']) {
  const { value, get } = Object.getOwnPropertyDescriptor(Error, name) ?? {}
  hostile[name] = value ?? get
}

async function answer(url, headers) {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const result = await HANDLERS[pathname.slice(1)]?.(Object.fromEntries(searchParams), headers)
  return JSON.stringify(result ?? 'done')
}

const CREATORS = {
  express() {
    const app = framework.default()
    app.use(adapter.osprofilerMiddleware())
    app.use(async (req, res) => res.send(await answer(req.url, req.headers)))
    app.use((error, _req, res, _next) => res.status(500).send(error.message))
    return createServer(app)
  },
  koa() {
    const app = new framework.default()
    app.silent = true
    app.use(adapter.osprofilerMiddleware())
    app.use(async ctx => {
      ctx.body = await answer(ctx.url, ctx.headers)
    })
    return createServer(app.callback())
  },
  async fastify() {
    const app = framework.fastify()
    await app.register(adapter.osprofiler)
    app.get('/*', req => answer(req.url, req.headers))
    await app.ready()
    return app.server
  },
}

const server = await CREATORS[FRAMEWORK]()
server.listen(0, '127.0.0.1', () => print({ port: server.address().port }))
