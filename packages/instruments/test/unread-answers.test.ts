import { once } from 'node:events'
import http from 'node:http'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { createNotifier, type Driver, setNotifier, type TraceRecord } from '@osprofiler/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { instrumented, undoInstruments } from './instrumented.js'
import { type OriginServer, openOrigin } from './origin-server.js'
import { collect, durationOf, inTrace, only } from './traced-calls.js'

type Undici = typeof import('undici-7')

// undici 8 does not run on Node 20.
const UNDICIS = Number.parseInt(process.versions.node, 10) >= 22 ? [5, 6, 7, 8] : [5, 6, 7]

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

/**
 * Requests a large body. Resolves to the response, so that the test keeps the response alive, and to a function that
 * reads it.
 */
type Open = (url: string) => Promise<{ read: () => Promise<unknown>; answer: unknown }>

const OPENS: Record<string, Open> = {
  'http.get': async url => {
    const answer = await new Promise<http.IncomingMessage>(resolve => http.get(url, resolve))
    return { answer, read: () => text(answer) }
  },
  'http.get, paused': async url => {
    const answer = await new Promise<http.IncomingMessage>(resolve => http.get(url, resolve))
    answer.pause()
    return { answer, read: () => text(answer) }
  },
  fetch: async url => {
    const answer = await fetch(url)
    return { answer, read: () => answer.text() }
  },
  axios: async url => {
    const { default: axios } = await import('axios')
    const options = { adapter: 'http', proxy: false, responseType: 'stream', validateStatus: null } as const
    const { data } = await axios.get(url, options)
    return { answer: data, read: () => text(data) }
  },
  'node-fetch': async url => {
    const { default: fetch } = await import('node-fetch')
    const answer = await fetch(url)
    return { answer, read: () => answer.text() }
  },
  ...Object.fromEntries(
    UNDICIS.flatMap(version => [
      [
        `undici ${version}`,
        async (url: string) => {
          const undici: Undici = await import(`undici-${version}`)
          const { body } = await undici.request(url, { dispatcher: new undici.Agent() })
          return { answer: body, read: () => body.text() }
        },
      ],
      [
        `fetch() of undici ${version}`,
        async (url: string) => {
          const undici: Undici = await import(`undici-${version}`)
          const answer = await undici.fetch(url, { dispatcher: new undici.Agent() })
          return { answer, read: () => answer.text() }
        },
      ],
    ]),
  ),
}

describe.each(Object.keys(OPENS))('a response with a large body, received by %s,', name => {
  const open = OPENS[name] as Open

  it('ends its point at the response head if the body is unread, and records `unread`', async () => {
    const begun = performance.now()
    let headAfter = Number.NaN

    const { result } = await inTrace(async () => {
      const opened = await open(`${server.origin}/big`)
      headAfter = performance.now() - begun
      await new Promise(resolve => setTimeout(resolve, 100))
      return opened
    })

    const took = await durationOf(records)
    expect(result.answer).toBeDefined()
    expect(took).toBeLessThanOrEqual(headAfter + 5)
    const { requests } = only(records, 'http-stop').info as { requests: { first_byte_ms: number } }
    expect(requests).toMatchObject({ status_code: 503, signed: true, first_byte_ms: expect.any(Number), unread: true })
    expect(requests).not.toHaveProperty('last_byte_ms')
    expect(took).toBeGreaterThanOrEqual(requests.first_byte_ms - 2)
  })

  it('ends its point when its whole body has been read later within the trace', async () => {
    const { result } = await inTrace(async () => {
      const { read } = await open(`${server.origin}/big`)
      await new Promise(resolve => setTimeout(resolve, 100))
      await read()
      return performance.now()
    })

    expect(result).toBeGreaterThan(0)
    expect(await durationOf(records)).toBeGreaterThan(0.5 * 100)
    const { requests } = only(records, 'http-stop').info
    expect(requests).toMatchObject({
      status_code: 503,
      signed: true,
      first_byte_ms: expect.any(Number),
      last_byte_ms: expect.any(Number),
      busy_ms: expect.any(Number),
    })
    expect(requests).not.toHaveProperty('unread')
  })

  it('ends its point when its whole body has been read after the end of the trace', async () => {
    const { result } = await inTrace(() => open(`${server.origin}/big`))

    await result.read()

    await durationOf(records)
    const { requests } = only(records, 'http-stop').info
    expect(requests).toMatchObject({
      status_code: 503,
      signed: true,
      first_byte_ms: expect.any(Number),
      last_byte_ms: expect.any(Number),
      busy_ms: expect.any(Number),
    })
    expect(requests).not.toHaveProperty('unread')
  })

  it('ends its point at the response head if it arrives after the end of the trace and is unread', async () => {
    const { result } = await inTrace(async () => ({ opened: open(`${server.origin}/big?ms=50`) }))

    await result.opened

    await durationOf(records)
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 503, unread: true })
  })
})

describe('a response', () => {
  it.each([
    ['/status?code=204', 'GET'],
    ['/status?code=304', 'GET'],
    ['/ok', 'HEAD'],
  ])('without a body ends its point at the response head, without `unread`: %s with %s', async (path, method) => {
    await inTrace(() => new Promise(resolve => http.request(`${server.origin}${path}`, { method }, resolve).end()))

    await durationOf(records)
    const { requests } = only(records, 'http-stop').info as { requests: Record<string, number> }
    expect(requests).not.toHaveProperty('unread')
    expect(requests.last_byte_ms).toBe(requests.first_byte_ms)
  })

  it('with a small body is recorded as `unread` with http.get, even if its connection is closed', async () => {
    const agent = new http.Agent({ keepAlive: false })

    await inTrace(async () => {
      const answer = await new Promise<http.IncomingMessage>(resolve =>
        http.get(`${server.origin}/ok`, { agent }, resolve),
      )
      await new Promise(resolve => answer.socket.once('close', resolve))
    })

    await durationOf(records)
    expect(only(records, 'http-stop').info.requests).toMatchObject({ status_code: 200, unread: true })
  })
})

describe('a partly read response', () => {
  it('ends its point at the end of the trace', async () => {
    let kept: unknown

    await inTrace(async () => {
      const answer = await new Promise<http.IncomingMessage>(resolve => http.get(`${server.origin}/big`, resolve))
      const client = new PassThrough()
      answer.pipe(client)
      await once(client, 'data')
      client.destroy()
      kept = answer
      await new Promise(resolve => setTimeout(resolve, 60))
    })

    expect(await durationOf(records)).toBeGreaterThan(0.5 * 60)
    expect(kept).toBeDefined()
    const { requests } = only(records, 'http-stop').info
    expect(requests).toMatchObject({ status_code: 503, signed: true, first_byte_ms: expect.any(Number) })
    expect(requests).not.toHaveProperty('unread')
    expect(requests).not.toHaveProperty('last_byte_ms')
  })
})

describe('an unread response', () => {
  it('is recorded before the notifier delivers its records and closes', async () => {
    const written: string[] = []
    const driver: Driver = {
      name: 'memory',
      async write(batch) {
        written.push(...batch.map(record => record.name))
        return undefined
      },
      async close() {},
    }
    const notifier = createNotifier(driver)
    setNotifier(notifier)

    const { result } = await inTrace(
      () => new Promise<http.IncomingMessage>(resolve => http.get(`${server.origin}/big`, resolve)),
    )
    await notifier.close()

    expect(written).toEqual(['http-start', 'http-stop'])
    result.destroy()
  })
})
