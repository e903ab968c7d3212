import http, { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { getTraceIdHeaders, run, setNotifier, type TraceRecord, trace, withTrace } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from './http-asking.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { type OriginServer, openOrigin } from './origin-server.js'
import { collect, durationOf, inTrace, KEY, only, until } from './traced-calls.js'

type Undici = typeof import('undici-7')

const require = createRequire(import.meta.url)

// undici 8 does not run on Node 20.
const UNDICIS = Number.parseInt(process.versions.node, 10) >= 22 ? [5, 6, 7, 8] : [5, 6, 7]

/** Requests a URL and reads the response. Rejects if either fails. */
type Call = (url: string, signal?: AbortSignal) => Promise<unknown>

const CALLS: Record<string, Call> = {
  'http.get': (url, signal) => ask(onAnswer => http.get(url, { ...(signal && { signal }) }, onAnswer)),
  fetch: async (url, signal) => (await fetch(url, { ...(signal && { signal }) })).text(),
  axios: async (url, signal) => {
    const { default: axios } = await import('axios')
    return axios.get(url, { adapter: 'http', proxy: false, validateStatus: null, ...(signal && { signal }) })
  },
  got: async (url, signal) => {
    const { got } = await import('got')
    return got(url, { retry: { limit: 0 }, throwHttpErrors: false, ...(signal && { signal }) }).text()
  },
  'node-fetch': async (url, signal) => {
    const { default: fetch } = await import('node-fetch')
    return (await fetch(url, { ...(signal && { signal: signal as never }) })).text()
  },
  superagent: (url, signal) => {
    const superagent: typeof import('superagent') = require('superagent')
    const request = superagent.get(url).ok(() => true)
    signal?.addEventListener('abort', () => {
      request.abort()
    })
    return new Promise((resolve, reject) => {
      request.on('abort', () => reject(new Error('aborted')))
      request.then(resolve, reject)
    })
  },
  ...Object.fromEntries(
    UNDICIS.map(version => [
      `undici ${version}`,
      async (url: string, signal?: AbortSignal) => {
        const undici: Undici = await import(`undici-${version}`)
        const dispatcher = new undici.Agent()
        try {
          return await (await undici.request(url, { dispatcher, ...(signal && { signal }) })).body.text()
        } finally {
          void dispatcher.close().catch(() => undefined)
        }
      },
    ]),
  ),
}

/**
 * How a program waits for a call within a trace. In all `WAITS` except the first, the trace or the traced step may end
 * before the call is complete.
 */
type Wait = (call: () => Promise<unknown>) => Promise<unknown>

const WAITS: Record<string, Wait> = {
  'awaited within its trace': async call => (await inTrace(call)).result,
  'awaited after its trace has ended': async call => {
    const { result } = await inTrace(async () => ({ answer: call() }))
    return result.answer
  },
  'awaited after its traced step has ended': async call =>
    (
      await inTrace(async () => {
        const { answer } = await withTrace('prepare', async () => ({ answer: call() }))
        return answer
      })
    ).result,
  'returned by a traced step that is not async': async call =>
    (await inTrace(async () => withTrace('prepare', () => ({ answer: call() })).answer)).result,
  'reported to a callback': async call =>
    (
      await inTrace(
        () =>
          new Promise((resolve, reject) => {
            const load = trace('load')(function load(done: (error: unknown, answer?: unknown) => void) {
              call().then(answer => done(undefined, answer), done)
            })
            load((error, answer) => (error ? reject(error) : resolve(answer)))
          }),
      )
    ).result,
  'not awaited by the request handler that made it': async call => {
    let answer: Promise<unknown> | undefined
    const tracer = createRequestTracer(KEY)
    const server = createServer((req, res) =>
      tracer.serve(req, res, () => {
        answer = call()
        answer.catch(() => undefined)
        res.end('sent')
      }),
    )
    await serveOnce(server)
    return answer
  },
}

async function serveOnce(server: Server): Promise<void> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const headers = run({ hmacKey: KEY }, () => getTraceIdHeaders())
  await ask(onAnswer => http.request({ port, host: '127.0.0.1', headers, agent: false }, onAnswer))
  await new Promise(resolve => server.close(resolve))
}

let server: OriginServer
let records: TraceRecord[]

beforeEach(async () => {
  server = await openOrigin()
  records = collect()
  instrumented(['http', 'fetch'])
})
afterEach(async () => {
  undoInstruments()
  setNotifier(undefined)
  await server[Symbol.asyncDispose]()
})

/** Measures the duration of a call with the test's clock, in milliseconds. */
function measured(call: () => Promise<unknown>): { took: () => number; run: () => Promise<unknown> } {
  let took = Number.NaN
  return {
    took: () => took,
    async run() {
      const begun = performance.now()
      try {
        return await call()
      } finally {
        took = performance.now() - begun
      }
    },
  }
}

describe.each(Object.keys(CALLS))('%s', name => {
  const call = CALLS[name] as Call

  describe.each(Object.keys(WAITS))('a request that is %s', way => {
    const wait = WAITS[way] as Wait

    it('has a point that lasts until the response was read, and records the response', async () => {
      await call(`${server.origin}/ok?warm`)
      const timed = measured(() => call(`${server.origin}/slow?ms=80`))

      await wait(timed.run)

      const took = await durationOf(records)
      expect(took).toBeGreaterThan(0.5 * 80)
      expect(took).toBeLessThanOrEqual(timed.took() + 5)
      expect(only(records, 'http-stop').info).toMatchObject({
        requests: { status_code: 200, last_byte_ms: expect.any(Number) },
      })
      expect(only(records, 'http-stop').info.requests).not.toHaveProperty('unread')
    })

    it('has a point that lasts until the request is aborted, and records the abort', async () => {
      await call(`${server.origin}/ok?warm`)
      const timed = measured(async () => {
        const controller = new AbortController()
        const asked = call(`${server.origin}/never`, controller.signal).catch(() => undefined)
        await until(() => server.arrived.some(({ url }) => url === '/never'))
        setTimeout(() => controller.abort(), 60)
        await asked
      })

      await wait(timed.run)

      const took = await durationOf(records)
      expect(took).toBeGreaterThan(0.5 * 60)
      expect(took).toBeLessThanOrEqual(timed.took() + 5)
      expect(only(records, 'http-stop').info.etype).toMatch(/Abort|Cancel/)
    })

    it('has a point that lasts until the connection breaks, and records the error', async () => {
      const timed = measured(() => call(`${server.origin}/cut`).catch(() => undefined))

      await wait(timed.run)

      expect(await durationOf(records)).toBeLessThanOrEqual(timed.took() + 5)
      expect(only(records, 'http-stop').info).toMatchObject({
        etype: expect.any(String),
        requests: { status_code: 200 },
      })
    })
  })
})
