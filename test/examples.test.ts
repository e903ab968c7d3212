import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { get } from '@osprofiler/core'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { startOtlpReceiver } from '../packages/drivers/test/otlp-receiver.js'
import { findFreePort } from './servers/free-port.js'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const command = join(root, 'packages/cli/dist/osprofiler.js')
const folder = mkdtempSync(join(tmpdir(), 'osprofiler-examples-'))
const env = {
  ...process.env,
  OSPROFILER_HMAC_KEYS: 'o7Vt2kQ9xWc4LmZs8RbYpD1g',
  OSPROFILER_CONNECTION_STRING: `sqlite:///${join(folder, 'traces.db')}`,
  NO_COLOR: '1',
}
let service: ChildProcess | undefined

afterEach(async () => {
  vi.unstubAllEnvs()
  await endService()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the examples in the docs', () => {
  it.each([
    ['examples/quick-start/express.js', '/orders/7', ['request', 'GET /orders/7', 'SELECT * FROM orders']],
    ['examples/quick-start/koa.js', '/teapot', ['request', 'GET /teapot', 'render']],
    ['examples/quick-start/fastify.js', '/items/7', ['request', 'GET /items/7', 'load']],
    ['examples/quick-start/registered.js', '/', ['request', 'GET /']],
    ['examples/adapter/hono.js', '/', ['request', 'GET /', 'work']],
    ['examples/adapter/hono.js', '/fails', ['GET /fails', 'RangeError']],
  ])('start with one command, and a request to them is traced: %s %s', async (file, path, shown) => {
    const port = await findFreePort()
    const flags = file.includes('registered') ? ['--import', '@osprofiler/node/register'] : []
    service = spawn(process.execPath, [...flags, join(root, file)], { cwd: root, env: { ...env, PORT: String(port) } })
    await waitForPort(port)

    const { stdout } = await exec(process.execPath, [command, 'run', `http://127.0.0.1:${port}${path}`], { env })

    for (const text of shown) expect(stdout).toContain(text)
  })
})

describe('the example for OpenTelemetry', () => {
  it('adds the trace id to a span only for the signed request', async () => {
    const receiver = await startOtlpReceiver()
    const port = await findFreePort()
    const args = ['--import', './telemetry.js', 'app.js']
    const collector = `http://127.0.0.1:${receiver.port}`
    service = spawn(process.execPath, args, {
      cwd: join(root, 'examples/opentelemetry'),
      env: { ...env, PORT: String(port), OTEL_EXPORTER_OTLP_ENDPOINT: collector },
    })
    await waitForPort(port)

    const { stdout } = await exec(process.execPath, [command, 'run', `http://127.0.0.1:${port}/`], { env })
    await endService()

    const [, traceId] = /^Trace (\S+)/m.exec(stdout) ?? []
    const told = receiver.spans.map(span => span.attributes['osprofiler.trace_id']).filter(id => id !== undefined)
    expect(told).toEqual([traceId])
    expect(new Set(receiver.spans.map(span => span.traceId)).size).toBeGreaterThan(1)
  })
})

describe('the example for tickets', () => {
  it('traces only the first of two calls with the same ticket', async () => {
    vi.stubEnv('OSPROFILER_HMAC_KEYS', env.OSPROFILER_HMAC_KEYS)
    const { serve } = await import('../examples/adapter/tickets.js')
    const { signRequest } = await import('../examples/signing/sign-request.js')
    const { traceId, headers } = signRequest('ws://socket.example/')
    const { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac, 'X-Trace-Ticket': ticket } = headers

    const traced = [1, 2].map(() => serve({ info, hmac, ticket }, () => get()?.baseId))

    expect(traced).toEqual([traceId, undefined])
  })
})

async function endService(): Promise<void> {
  if (service === undefined || service.exitCode !== null) return
  const ended = new Promise(resolve => service?.once('exit', resolve))
  service.kill('SIGTERM')
  await ended
}

async function waitForPort(port: number): Promise<void> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; ) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      response => response.arrayBuffer(),
      () => undefined,
    )
    if (answered !== undefined) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on ${port}`)
}
