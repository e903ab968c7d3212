import { createServer, type RequestListener, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as profiler from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { osprofilerMiddleware } from '@osprofiler/express'
import { instrument } from '@osprofiler/instruments'
import express from 'express'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'

const KEY = 'a key that nobody may see'

let env: NodeJS.ProcessEnv

beforeEach(() => {
  env = {
    OSPROFILER_HMAC_KEYS: KEY,
    OSPROFILER_CONNECTION_STRING: `sqlite:///${join(makeDirectory(), 'traces.db')}`,
  }
  recordInto(env.OSPROFILER_CONNECTION_STRING ?? '')
})

describe('osprofiler run with a service that calls another service', () => {
  it.each([
    ['has a different key', async () => await startCallee('another key')],
    ['considers the trace too old', async () => await startCallee(KEY, { maxTraceAge: 0 })],
    ['is behind a proxy that removes headers', async () => await startStrippingProxy(await startCallee(KEY))],
    ['is not traced', async () => await listen((_, res) => res.end())],
  ])('says what to check if the callee %s', async (_, open) => {
    const target = await open()
    const front = await startFront(target)

    const { code, stdout, stderr } = await osprofiler(['run', front], { env })

    expect(code).toBe(0)
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      `${new URL(target).host} answered 1 call, but nothing is recorded below it: perhaps the service is not traced, has other keys or a wrong clock, gets no signed headers (a proxy, propagateTo), or writes to another store`,
    )
    expect(stderr).toContain('What to check if a callee should be traced, but recorded nothing:')
    for (const word of ['OSPROFILER_HMAC_KEYS', 'maxTraceAge', 'behind', 'ahead', 'X-Trace-Info', 'X-Trace-HMAC'])
      expect(stderr).toContain(word)
    for (const word of ['OSPROFILER_PROPAGATE_TO', 'traces.db', 'OSPROFILER_REFUSED', 'OSPROFILER_NO_KEYS'])
      expect(stderr).toContain(word)
    expect(stdout + stderr).not.toMatch(/another key|nobody may see/)
  })

  it('does not mention callees if all of them recorded something', async () => {
    const front = await startFront(await startCallee(KEY))

    const { code, stderr } = await osprofiler(['run', front], { env })

    expect(code).toBe(0)
    expect(stderr).not.toContain('What to check')
  })
})

function recordInto(store: string): void {
  const driver = openDriver(store)
  const notifier = profiler.createNotifier(driver)
  profiler.setNotifier(notifier)
  const restore = instrument(['http', 'fetch'])
  onTestFinished(async () => {
    restore()
    profiler.setNotifier(undefined)
    await notifier.close()
    await driver.close()
  })
}

async function startFront(target: string): Promise<string> {
  const app = express()
  app.use(osprofilerMiddleware(KEY))
  app.get('/', async (_, res) => {
    // With a maxTraceAge of 0, a trace is too old only if it is at least 1 ms old when it arrives.
    await delay(5)
    const answer = await fetch(target)
    res.send(await answer.text())
  })
  return await listen(app)
}

async function startCallee(key: string, options: { maxTraceAge?: number } = {}): Promise<string> {
  const app = express()
  app.use(osprofilerMiddleware(key, options))
  app.get('/', (_, res) => void res.send('items'))
  return await listen(app)
}

/** Starts a proxy that forwards the method and path, but no headers. */
async function startStrippingProxy(target: string): Promise<string> {
  return await listen(({ url = '/' }, res) => {
    request(new URL(url, target), answer => answer.pipe(res)).end()
  })
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
