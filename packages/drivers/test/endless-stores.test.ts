import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { rejectWhenLate } from '../src/lifetime/deadline.js'
import { collectNewest } from '../src/listing/newest-traces.js'
import { readAll } from './make-record.js'

const SELECTION = { limit: 100, since: '', name: undefined, service: undefined }

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Starts a search engine that sends its answers byte by byte. */
async function startTricklingSearch(): Promise<number> {
  const server = createHttpServer(async (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' })
    while (!response.destroyed) {
      response.write(' ')
      await delay(100)
    }
  })
  onTestFinished(() => server.closeAllConnections())
  return await portOf(server)
}

/** Starts a Redis that sends an answer of a gigabyte, one byte at a time. */
async function startTricklingRedis(): Promise<number> {
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.write('$1000000000\r\n')
    const timer = setInterval(() => socket.write('x'), 100)
    socket.on('close', () => clearInterval(timer))
  })
  onTestFinished(() => void server.close())
  return await portOf(server)
}

describe('a store whose answer never ends', () => {
  it.each([
    ['elasticsearch', startTricklingSearch, '?timeout=1'],
    ['opensearch', startTricklingSearch, '?timeout=1'],
    ['redis', startTricklingRedis, '?socket_timeout=1'],
  ])('makes calls to %s:// fail after the timeout', async (scheme, start, options) => {
    const driver = openDriver(`${scheme}://127.0.0.1:${await start()}${options}`)
    onTestFinished(() => driver.close(100))
    const begun = performance.now()

    await expect(driver.listTraces?.()).rejects.toMatchObject({ code: 'ERR_STORE' })
    await expect(readAll(driver, 'any')).rejects.toMatchObject({ code: 'ERR_STORE' })
    expect(performance.now() - begun).toBeLessThan(20_000)
  })
})

describe('a list of traces', () => {
  it('fails if the store keeps returning the same trace', async () => {
    async function* pages() {
      for (;;) {
        await delay(1)
        yield { baseIds: ['same'], reached: '2026-11-22T10:00:00.000000' }
      }
    }

    await expect(collectNewest({ pages, summarize: async () => [] }, SELECTION, 50)).rejects.toThrow(
      /^The store returned no new trace within 0\.05 s\. Ask for fewer or newer traces/,
    )
  })

  it('fails if the store does not answer within the time limit', async () => {
    await expect(rejectWhenLate(new Promise(() => undefined), 20)).rejects.toThrow(/did not answer within 0\.02 s/)
    expect(await rejectWhenLate(Promise.resolve(7), 20)).toBe(7)
  })
})
