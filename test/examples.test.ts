import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, describe, expect, it } from 'vitest'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const command = join(root, 'packages/cli/dist/osprofiler.js')
const folder = mkdtempSync(join(tmpdir(), 'osprofiler-examples-'))
const env = {
  ...process.env,
  OSPROFILER_HMAC_KEYS: 'KEY',
  OSPROFILER_CONNECTION_STRING: `sqlite:///${join(folder, 'traces.db')}`,
  NO_COLOR: '1',
}
let service: ChildProcess | undefined

afterEach(async () => {
  if (service === undefined || service.exitCode !== null) return
  const ended = new Promise(resolve => service?.once('exit', resolve))
  service.kill('SIGTERM')
  await ended
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the examples of the docs', () => {
  it.each([
    ['examples/quick-start/express.js', '/orders/7', ['wsgi', 'GET /orders/7', 'SELECT * FROM orders']],
    ['examples/quick-start/koa.js', '/teapot', ['wsgi', 'GET /teapot', 'render']],
    ['examples/quick-start/fastify.js', '/items/7', ['wsgi', 'GET /items/7', 'load']],
    ['examples/quick-start/registered.js', '/', ['wsgi', 'GET /']],
    ['examples/adapter/hono.js', '/', ['wsgi', 'GET /', 'work']],
    ['examples/adapter/hono.js', '/fails', ['GET /fails', 'RangeError']],
  ])('%s is traced at %s by one command', async (file, path, shown) => {
    const port = await freePort()
    const flags = file.includes('registered') ? ['--import', '@osprofiler/node/register'] : []
    service = spawn(process.execPath, [...flags, join(root, file)], { cwd: root, env: { ...env, PORT: String(port) } })
    await listening(port)

    const { stdout } = await exec(process.execPath, [command, 'run', `http://127.0.0.1:${port}${path}`], { env })

    for (const text of shown) expect(stdout).toContain(text)
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  return port
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      response => response.arrayBuffer(),
      () => undefined,
    )
    if (answered !== undefined) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on ${port}`)
}
