import { createRequire } from 'node:module'
import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type OriginServer, openOrigin } from './origin-server.js'
import { carried, collect, inTrace, KEY } from './traced-calls.js'

/** An HTTP client, as a program uses it. The timeout and the signal cancel the request. */
type Client = (url: string, options?: { timeout?: number; signal?: AbortSignal }) => Promise<unknown>

const require = createRequire(import.meta.url)

const CLIENTS: Record<string, () => Promise<Client>> = {
  async 'axios (ECMAScript module)'() {
    const { default: axios } = await import('axios')
    return (url, options) => axios.get(url, { adapter: 'http', proxy: false, ...options })
  },
  async 'axios (CommonJS)'() {
    const axios: typeof import('axios').default = require('axios')
    return (url, options) => axios.get(url, { adapter: 'http', proxy: false, ...options })
  },
  async got() {
    const { got } = await import('got')
    return (url, { timeout, signal } = {}) => {
      const limits = { ...(timeout && { timeout: { request: timeout } }), ...(signal && { signal }) }
      return got(url, { retry: { limit: 0 }, ...limits }).text()
    }
  },
  async 'node-fetch'() {
    const { default: fetch } = await import('node-fetch')
    return async (url, { timeout, signal = timeout === undefined ? undefined : AbortSignal.timeout(timeout) } = {}) => {
      const response = await fetch(url, signal && { signal: signal as never })
      if (!response.ok) throw new Error(String(response.status))
      return response.text()
    }
  },
  async superagent() {
    const superagent: typeof import('superagent') = require('superagent')
    return (url, { timeout, signal } = {}) => {
      const request = superagent.get(url)
      if (timeout !== undefined) void request.timeout(timeout)
      signal?.addEventListener('abort', () => {
        request.abort()
      })
      return new Promise((resolve, reject) => {
        request.on('abort', () => reject(new Error('aborted')))
        request.then(resolve, reject)
      })
    }
  },
}

let server: OriginServer
let records: TraceRecord[]
const undos: (() => void)[] = []

beforeEach(async () => {
  server = await openOrigin()
  records = collect()
})
afterEach(async () => {
  for (const undo of undos.splice(0)) undo()
  setNotifier(undefined)
  await server[Symbol.asyncDispose]()
})

function stops(): TraceRecord[] {
  return records.filter(({ name }) => name === 'http-stop')
}

describe.each(Object.keys(CLIENTS))('a request by %s', name => {
  let client: Client

  beforeEach(async () => {
    // The first test of each client loads the client before it calls `instrument()`. Later tests use the loaded client.
    client = await (CLIENTS[name] ?? (() => Promise.reject(new Error(name))))()
    undos.push(instrument(['http', 'fetch']))
  })

  it('becomes one point, and sends the trace headers', async () => {
    const { baseId } = await inTrace(() => client(`${server.origin}/ok?a=1`))

    const [start] = records
    expect(records.map(record => record.name)).toEqual(['http-start', 'http-stop'])
    expect(start?.info.requests).toMatchObject({ path: '/ok', query: 'a=1', port: server.port })
    expect(stops()[0]?.info.requests).toMatchObject({ status_code: 200 })
    expect(server.arrived.map(carried)).toEqual([{ baseId, parentId: start?.trace_id, hmacKey: KEY }])
  })

  it('becomes one point per hop of a redirect, each with its own headers', async () => {
    const { baseId } = await inTrace(() => client(`${server.origin}/redirect?to=${server.origin}/ok`))

    const starts = records.filter(record => record.name === 'http-start')
    expect(stops().map(({ info }) => info.requests)).toMatchObject([{ status_code: 302 }, { status_code: 200 }])
    expect(stops().filter(({ info }) => info.etype !== undefined)).toEqual([])
    expect(server.arrived.map(carried)).toEqual(
      starts.map(({ trace_id }) => ({ baseId, parentId: trace_id, hmacKey: KEY })),
    )
  })

  it('sends no trace headers to a forbidden host that it is redirected to', async () => {
    for (const undo of undos.splice(0)) undo()
    undos.push(instrument(['http', 'fetch'], { propagateTo: '127.0.0.1' }))

    await inTrace(() => client(`${server.origin}/redirect?to=http://localhost:${server.port}/ok`))

    const [first, second] = records.filter(record => record.name === 'http-start')
    expect(second?.info.requests).toMatchObject({ hostname: 'localhost' })
    expect(server.arrived.map(carried)).toEqual([expect.objectContaining({ parentId: first?.trace_id }), undefined])
  })

  it('records the status of a response that the client treats as an error', async () => {
    await inTrace(() => client(`${server.origin}/status?code=500`).catch(() => undefined))

    expect(stops()[0]?.info.requests).toMatchObject({ status_code: 500 })
  })

  it.each<[string, () => { timeout?: number; signal?: AbortSignal }]>([
    // 500 ms are enough for each client to send its request.
    ['takes too long', () => ({ timeout: 500 })],
    ['is aborted', () => ({ signal: AbortSignal.timeout(500) })],
  ])('ends with an error when it %s', async (_name, options) => {
    // The trace ends before the connection closes, as in a program that responds to its own caller at once.
    await inTrace(() => client(`${server.origin}/never`, options()).catch(() => undefined))

    expect(stops()[0]?.info.etype).toBeTypeOf('string')
  })

  it('stays in its own trace if requests are concurrent', async () => {
    const asked = Array.from({ length: 30 }, (_, index) => index)
    const traces = await Promise.all(
      asked.map(index => inTrace(() => client(`${server.origin}/redirect?to=${server.origin}/ok?trace=${index}`))),
    )

    expect(records).toHaveLength(4 * asked.length)
    for (const arrived of server.arrived) {
      const index = Number(/trace=(\d+)/.exec(arrived.url)?.[1])
      expect(carried(arrived)?.baseId).toBe(traces[index]?.baseId)
    }
  })

  it('is unchanged outside a trace', async () => {
    await client(`${server.origin}/ok`)

    expect(server.arrived.map(carried)).toEqual([undefined])
    expect(records).toEqual([])
  })
})
