// A program that serves and sends requests, traced and untraced. The globals in its process are replaced before or
// after the packages are loaded. The program sends its results to the parent process.
import http from 'node:http'
import timers from 'node:timers'
import { asked, replacements } from './replacements.mjs'

const [replacement, moment, store, names] = process.argv.slice(2)
const { exit, stdout } = process
const now = process.hrtime.bigint
const KEY = 'KEY'
const report = { answers: [], warnings: [], errors: [] }
process.on('warning', ({ name, code, message }) => report.warnings.push(code ?? `${name}: ${message}`))
process.on('uncaughtException', error => reportFailure(error.stack))
process.on('unhandledRejection', error => reportFailure(error?.stack))
const { stringify } = JSON
const { setTimeout } = timers
const { Promise } = globalThis
const wait = ms => new Promise(resolve => setTimeout(resolve, ms))
setTimeout(() => reportFailure('The program hangs'), 50_000)

const loads = {
  'node:http': () => undefined,
  express: () => import('express'),
  koa: () => import('koa'),
  fastify: () => import('fastify'),
}
const frameworks = {}
for (const name of names.split(',')) frameworks[name] = (await loads[name]())?.default
// Node loads `fetch` at its first use. So `fetch` is used here, while the globals that it needs are still the original
// ones.
await fetch('data:,')
if (moment === 'before') replacements[replacement]()
const core = await import('@osprofiler/core')
const { openDriver } = await import('@osprofiler/drivers')
const { setup } = await import('@osprofiler/node')
const { runTraced, injectTrace } = await import('@osprofiler/rpc')
const adapters = {
  express: await import('@osprofiler/express'),
  koa: await import('@osprofiler/koa'),
  fastify: await import('@osprofiler/fastify'),
}
if (moment === 'after') replacements[replacement]()

const osprofiler = setup({ hmacKeys: KEY, connectionString: store, propagateTo: ['127.0.0.1'] })
const upstream = http.createServer((_req, res) => res.end('upstream'))
const upstreamUrl = await listen(upstream)
const double = core.trace('double')(async function double(number) {
  return 2 * number
})

async function handle() {
  const [fetched, got, doubled] = [await (await fetch(upstreamUrl)).text(), await get(upstreamUrl), await double(21)]
  const stepped = await core.withTrace('step', { db: { statement: 'SELECT 1' } }, async () => 'step')
  return [fetched, got.body, doubled, stepped].join()
}

const servers = {
  async 'node:http'() {
    const osprofiler = adapters.express.osprofilerMiddleware()
    return http.createServer((req, res) => osprofiler(req, res, async () => res.end(await handle())))
  },
  async express() {
    const app = frameworks.express()
    app.use(adapters.express.osprofilerMiddleware())
    app.get('/', async (_req, res) => res.end(await handle()))
    return http.createServer(app)
  },
  async koa() {
    const app = new frameworks.koa()
    app.use(adapters.koa.osprofilerMiddleware())
    app.use(async ctx => {
      ctx.body = await handle()
    })
    return http.createServer(app.callback())
  },
  async fastify() {
    const app = frameworks.fastify({ forceCloseConnections: true })
    app.register(adapters.fastify.osprofiler)
    app.get('/', () => handle())
    await app.ready()
    return app.server
  },
}

const traces = {}
for (const name in frameworks) {
  const server = await servers[name]()
  const url = await listen(server)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const baseId = core.createTraceId()
  const headers = core.signedPack({ base_id: baseId, parent_id: baseId }, KEY)
  const signed = { 'x-trace-info': headers[0], 'x-trace-hmac': headers[1] }
  for (const sent of [{}, signed, {}]) {
    const { status, body } = await get(url, { agent, headers: sent })
    report.answers.push(`${name} ${status} ${body}`)
  }
  agent.destroy()
  server.close()
  traces[name] = baseId
}

traces.rpc = await core.run({ hmacKey: KEY }, async () => {
  const message = injectTrace({})
  await runTraced(message, KEY, () => core.withTrace('served', () => 1))
  return core.get().baseId
})

// The records must reach the store without a flush.
for (let tries = 0; tries < 200 && osprofiler.notifier.stats.written === 0; tries++) await wait(50)
report.written = osprofiler.notifier.stats.written
const closedAt = now()
await osprofiler.close()
report.closeMs = Number(now() - closedAt) / 1e6
report.stats = osprofiler.notifier.stats

report.records = {}
report.timestamps = []
const driver = openDriver(store)
for (const [name, baseId] of Object.entries(traces)) report.records[name] = await read(driver, baseId)
await driver.close()

const memory = openDriver('memory://')
const notifier = core.createNotifier(memory)
core.setNotifier(notifier)
const baseId = core.run({ hmacKey: KEY }, () => core.withTrace('kept', () => core.get().baseId))
await notifier.close()
report.records.memory = await read(memory, baseId)

const hung = core.createNotifier({ name: 'hung', write: () => new Promise(() => {}), close: async () => {} })
core.setNotifier(hung)
core.run({ hmacKey: KEY }, () => core.withTrace('lost', () => 1))
await hung.close(100)
core.setNotifier(undefined)

reportFailure()

function reportFailure(error) {
  if (error !== undefined) report.errors.push(String(error))
  report.asked = [...asked]
  stdout.write(`${stringify(report)}\n`, () => exit(0))
}

async function read(from, baseId) {
  const names = []
  for await (const batch of from.readRecords(baseId)) {
    for (const { name, timestamp } of batch) {
      names.push(name)
      report.timestamps.push(timestamp)
    }
  }
  return names.sort()
}

function listen(server) {
  return new Promise(resolve => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}/`))
  })
}

function get(url, options = {}) {
  return new Promise((resolve, reject) => {
    http
      .get(url, options, res => {
        let body = ''
        res.on('data', chunk => {
          body += chunk
        })
        res.on('end', () => resolve({ status: res.statusCode, body }))
      })
      .on('error', reject)
  })
}
