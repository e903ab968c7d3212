import http, { ClientRequest, createServer, type IncomingMessage, request as requestOf, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { getTraceIdHeaders, setNotifier, signedPack, type TraceRecord } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { createTicketVerifier, signTicket } from '@osprofiler/core/toolkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from './http-asking.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { type Arrived, type OriginServer, openOrigin } from './origin-server.js'
import { carried, collect, KEY, only, until } from './traced-calls.js'

type Undici = typeof import('undici-7')

const require = createRequire(import.meta.url)

// Saved before any test instruments `node:http`, so calls of this function bypass the wrapper.
const { request: requestBefore } = http

// undici 8 does not run on Node 20.
const UNDICIS = Number.parseInt(process.versions.node, 10) >= 22 ? [5, 6, 7, 8] : [5, 6, 7]

/** Sends a request to a URL with the headers of another request, and reads the response. */
type Forward = (url: string, req: IncomingMessage) => Promise<unknown>

/** Returns the headers that a gateway copies, which are all except those of the connection itself. */
function copied({ headers }: IncomingMessage): Record<string, string> {
  const { host: _host, connection: _connection, ...others } = headers
  return others as Record<string, string>
}

function pairs({ rawHeaders }: IncomingMessage): [string, string][] {
  return rawHeaders
    .flatMap((name, index) => (index % 2 === 0 ? [[name, String(rawHeaders[index + 1])] as [string, string]] : []))
    .filter(([name]) => !/^(?:host|connection)$/i.test(name))
}

const upper = (req: IncomingMessage) =>
  Object.fromEntries(pairs(req).map(([name, value]) => [name.toUpperCase(), value]))

const FORWARDS: Record<string, Forward> = {
  'http.get with an object': (url, req) => ask(onAnswer => http.get(url, { headers: copied(req) }, onAnswer)),
  'http.get with names in uppercase': (url, req) => ask(onAnswer => http.get(url, { headers: upper(req) }, onAnswer)),
  'http.get with lists as values': (url, req) => {
    const headers = Object.fromEntries(pairs(req).map(([name, value]) => [name, [value]]))
    return ask(onAnswer => http.get(url, { headers }, onAnswer))
  },
  'http.get with a flat list': (url, req) => {
    const headers = ['Host', new URL(url).host, ...pairs(req).flat()]
    return ask(onAnswer => http.get(url, { headers }, onAnswer))
  },
  'http.get with a list of pairs': (url, req) => {
    const headers = [['Host', new URL(url).host], ...pairs(req)] as never
    return ask(onAnswer => http.get(url, { headers }, onAnswer))
  },
  'http.get with each header twice in a list': (url, req) => {
    const headers = ['Host', new URL(url).host, ...pairs(req).flat(), ...pairs(req).flat()]
    return ask(onAnswer => http.get(url, { headers }, onAnswer))
  },
  'http.request with Expect': (url, req) => {
    const headers = { ...copied(req), Expect: '100-continue' }
    return ask(onAnswer => http.request(url, { headers }, onAnswer))
  },
  'setHeader() on a new request': (url, req) =>
    ask(onAnswer => {
      const request = http.request(url, onAnswer)
      for (const [name, value] of pairs(req)) request.setHeader(name, value)
      return request
    }),
  'appendHeader() in addition to an object': (url, req) =>
    ask(onAnswer => {
      const request = http.request(url, { headers: copied(req) }, onAnswer)
      for (const [name, value] of pairs(req)) if (/^x-trace/i.test(name)) request.appendHeader(name, value)
      return request
    }),
  'a request whose body is piped': (url, req) =>
    ask(onAnswer => req.pipe(http.request(url, { headers: copied(req), method: 'POST' }, onAnswer))),
  'a function that was imported by name': (url, req) =>
    ask(onAnswer => requestOf(url, { headers: copied(req) }, onAnswer)),
  'a function that was saved before instrument(), with an object': (url, req) =>
    ask(onAnswer => requestBefore(url, { headers: copied(req) }, onAnswer)),
  'a function that was saved before instrument(), with a flat list': (url, req) => {
    const headers = ['Host', new URL(url).host, ...pairs(req).flat()]
    return ask(onAnswer => requestBefore(url, { headers }, onAnswer))
  },
  'a function that was saved before instrument(), with Expect': (url, req) => {
    const headers = { ...copied(req), Expect: '100-continue' }
    return ask(onAnswer => requestBefore(url, { headers }, onAnswer))
  },
  'new ClientRequest()': (url, req) =>
    ask(onAnswer => new ClientRequest(new URL(url), onAnswer).setHeaders(new Map(pairs(req)))),
  'new ClientRequest() with a flat list': (url, req) => {
    const { hostname, port, pathname } = new URL(url)
    const headers = ['Host', `${hostname}:${port}`, ...pairs(req).flat()]
    return ask(onAnswer => new ClientRequest({ hostname, port, path: pathname, headers } as never, onAnswer))
  },
  axios: async (url, req) => {
    const { default: axios } = await import('axios')
    return axios.get(url, { adapter: 'http', proxy: false, headers: copied(req) })
  },
  'axios after a redirect': async (url, req) => {
    const { default: axios } = await import('axios')
    return axios.get(redirect(url), { adapter: 'http', proxy: false, headers: copied(req) })
  },
  got: async (url, req) => (await import('got')).got(url, { headers: copied(req), retry: { limit: 0 } }).text(),
  'got after a redirect': async (url, req) => (await import('got')).got(redirect(url), { headers: copied(req) }).text(),
  'node-fetch': async (url, req) => {
    const { default: fetch } = await import('node-fetch')
    return (await fetch(url, { headers: pairs(req) })).text()
  },
  superagent: async (url, req) => {
    const superagent: typeof import('superagent') = require('superagent')
    return superagent.get(url).set(copied(req))
  },
  'superagent after a redirect': async (url, req) => {
    const superagent: typeof import('superagent') = require('superagent')
    return superagent.get(redirect(url)).set(copied(req))
  },
  'fetch with an object': async (url, req) => (await fetch(url, { headers: copied(req) })).text(),
  'fetch with a list of pairs': async (url, req) => (await fetch(url, { headers: pairs(req) })).text(),
  'fetch with Headers': async (url, req) => (await fetch(url, { headers: new Headers(copied(req)) })).text(),
  'fetch with each header twice': async (url, req) =>
    (await fetch(url, { headers: [...pairs(req), ...pairs(req)] })).text(),
  'fetch with a Request': async (url, req) => (await fetch(new Request(url, { headers: upper(req) }))).text(),
  'fetch after a redirect': async (url, req) => (await fetch(redirect(url), { headers: copied(req) })).text(),
  ...Object.fromEntries(UNDICIS.flatMap(version => Object.entries(undiciForwards(version)))),
}

function undiciForwards(version: number): Record<string, Forward> {
  const load = async (): Promise<Undici> => import(`undici-${version}`)
  return {
    [`request() of undici ${version} with an object`]: async (url, req) => {
      const undici = await load()
      const dispatcher = new undici.Agent()
      await (await undici.request(url, { headers: copied(req), dispatcher })).body.text()
      await dispatcher.close()
    },
    [`request() of undici ${version} with a flat list`]: async (url, req) => {
      const undici = await load()
      const dispatcher = new undici.Agent()
      await (await undici.request(url, { headers: pairs(req).flat(), dispatcher })).body.text()
      await dispatcher.close()
    },
    [`stream() of undici ${version}`]: async (url, req) => {
      const undici = await load()
      const dispatcher = new undici.Agent()
      const headers = { ...copied(req), 'x-trace-info': [String(req.headers['x-trace-info'])] }
      await undici.stream(url, { headers, method: 'GET', dispatcher }, () => new PassThrough().resume())
      await dispatcher.close()
    },
    [`pipeline() of undici ${version}`]: async (url, req) => {
      const undici = await load()
      const dispatcher = new undici.Agent()
      const stream = undici.pipeline(url, { headers: upper(req), method: 'GET', dispatcher }, ({ body }) => body)
      await text(stream.end())
      await dispatcher.close()
    },
    [`fetch() of undici ${version}`]: async (url, req) => {
      const undici = await load()
      const dispatcher = new undici.Agent()
      await (await undici.fetch(url, { headers: copied(req), dispatcher })).text()
      await dispatcher.close()
    },
  }
}

function redirect(url: string): string {
  const { pathname } = new URL(url)
  return new URL(`/redirect?to=${pathname}`, url).href
}

/** The caller's trace, and the caller's point in it. */
const CALLER = { base_id: '9f0ac3a4-7f4d-4c87-a7d4-a4f8a1d6c5b0', parent_id: 'caller' }

let backend: OriginServer
let gateway: Server
let forward: Forward
let records: TraceRecord[]

beforeEach(async () => {
  backend = await openOrigin()
  const tracer = createRequestTracer(KEY)
  gateway = createServer((req, res) => {
    const serve = async (): Promise<void> => {
      try {
        await forward(`${backend.origin}/ok`, req)
        res.end('passed on')
      } catch (error) {
        res.writeHead(500).end(String(error))
      }
    }
    tracer.serve(req, res, () => void serve())
  })
  await new Promise<void>(resolve => gateway.listen(0, '127.0.0.1', resolve))
  records = collect()
})
afterEach(async () => {
  undoInstruments()
  setNotifier(undefined)
  await new Promise(resolve => gateway.close(resolve))
  await backend[Symbol.asyncDispose]()
})

/** Sends a request with these headers to the gateway. */
async function call(headers: Record<string, string>): Promise<void> {
  const { port } = gateway.address() as AddressInfo
  const caller = http.request({ port, host: '127.0.0.1', headers, agent: false })
  expect(await ask(onAnswer => caller.on('response', onAnswer))).toBe('passed on')
  await until(() => records.some(({ name }) => name === 'wsgi-stop') || headers['x-trace-hmac'] === undefined)
}

function signedBy(key: string, trace = CALLER): Record<string, string> {
  const [info, hmac] = signedPack(trace, key)
  return { 'x-trace-info': info, 'x-trace-hmac': hmac, 'x-other': 'kept' }
}

function ticketedBy(key: string): Record<string, string> {
  const headers = signedBy(key)
  const iat = Date.now() / 1_000
  const wants = ['answer', 'code', 'make-tea', 'why=cpu@orders']
  const ticket = signTicket({ key, info: headers['x-trace-info'] ?? '', iat, exp: iat + 60, points: 90_000, wants })
  return { ...headers, 'x-trace-ticket': ticket }
}

/** Returns the values of the trace headers that arrived with a request. */
function traceValues({ rawHeaders }: Arrived): string[] {
  return rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && /^x-trace-/i.test(name) ? [String(rawHeaders[index + 1])] : [],
  )
}

describe.each(Object.keys(FORWARDS))('a gateway that copies the headers of its request with %s', name => {
  beforeEach(() => {
    forward = FORWARDS[name] as Forward
  })

  it("sends its own point instead of its caller's point", async () => {
    instrumented()

    await call(signedBy(KEY))

    const served = only(records, 'wsgi-start')
    const calls = records.filter(record => record.name === 'http-start')
    expect(served).toMatchObject({ base_id: CALLER.base_id, parent_id: 'caller' })
    expect(calls.map(({ parent_id }) => parent_id)).toEqual(calls.map(() => served.trace_id))
    expect(backend.arrived.map(carried)).toEqual(
      calls.map(({ trace_id }) => ({ baseId: CALLER.base_id, parentId: trace_id, hmacKey: KEY })),
    )
    expect(backend.arrived.map(arrived => traceValues(arrived).length)).toEqual(calls.map(() => 2))
    expect(backend.arrived.at(-1)?.headers['x-other']).toMatch(/^kept(?:, kept)?$/)
  })

  it('sends no trace headers to a forbidden host', async () => {
    instrumented(undefined, { propagateTo: 'nobody.example' })

    await call(signedBy(KEY))

    expect(only(records, 'wsgi-start').base_id).toBe(CALLER.base_id)
    expect(records.filter(record => record.name === 'http-start').length).toBe(backend.arrived.length)
    expect(backend.arrived.flatMap(traceValues)).toEqual([])
    expect(backend.arrived.at(-1)?.headers['x-other']).toMatch(/^kept(?:, kept)?$/)
  })
})

describe.each(Object.keys(FORWARDS))('a gateway that copies headers with %s, and whose caller sent a ticket,', name => {
  beforeEach(() => {
    forward = FORWARDS[name] as Forward
  })

  it('sends a separate ticket with each request, valid for the host of that request', async () => {
    instrumented()
    const headers = ticketedBy(KEY)

    await call(headers)

    const tickets = backend.arrived.map(({ headers: arrived }) => String(arrived['x-trace-ticket']))
    expect(backend.arrived.map(arrived => traceValues(arrived).length)).toEqual(tickets.map(() => 3))
    expect(new Set([...tickets, headers['x-trace-ticket']]).size).toBe(tickets.length + 1)
    const verify = createTicketVerifier({ keys: KEY, audience: ['127.0.0.1'], started: 0 })
    const verdicts = backend.arrived.map(({ headers: arrived }) =>
      verify({
        info: String(arrived['x-trace-info']),
        hmac: String(arrived['x-trace-hmac']),
        ticket: String(arrived['x-trace-ticket']),
      }),
    )
    // A wish is an extra that a ticket asks for. The wish `answer` is only for the gateway, and unknown wishes are not
    // forwarded.
    expect(verdicts).toEqual(tickets.map(() => ({ valid: true, points: 90_000, wants: ['code', 'why=cpu@orders'] })))
  })

  it('sends no ticket to a host that must not have the trace', async () => {
    instrumented(undefined, { propagateTo: 'nobody.example' })

    await call(ticketedBy(KEY))

    expect(backend.arrived.flatMap(traceValues)).toEqual([])
  })

  it("sends no ticket if the caller's ticket was refused", async () => {
    instrumented()
    const headers = ticketedBy(KEY)

    await call({ ...headers, 'x-trace-ticket': String(headers['x-trace-ticket']?.replace(';90000;', ';90001;')) })

    expect(backend.arrived.map(arrived => traceValues(arrived).length)).toEqual(backend.arrived.map(() => 2))
  })
})

const BY_HAND: readonly string[] = ['http.get with an object', 'http.get with a flat list', 'fetch with an object']

const WITH_CHANGED_HEADERS = [
  ...BY_HAND,
  'setHeader() on a new request',
  ...UNDICIS.map(v => `request() of undici ${v} with an object`),
]

describe.each(WITH_CHANGED_HEADERS)('a gateway that sets trace headers with %s', name => {
  const send = FORWARDS[name] as Forward

  it.each([undefined, 'nobody.example'])(
    'does not change a pair of trace headers that was signed with another key (propagateTo: %s)',
    async hosts => {
      const foreign = signedBy('PARTNER', { base_id: 'theirs', parent_id: 'theirs' })
      forward = (url, req) =>
        send(url, {
          ...req,
          headers: { ...req.headers, ...foreign },
          rawHeaders: Object.entries(foreign).flat(),
        } as never)
      instrumented(undefined, { propagateTo: hosts })

      await call(signedBy(KEY))

      expect(backend.arrived.map(traceValues)).toEqual([[foreign['x-trace-info'], foreign['x-trace-hmac']]])
    },
  )

  it.each(['x-trace-info', 'x-trace-hmac'])(
    'replaces a single trace header with a complete pair, or removes it if the host is forbidden: %s',
    async half => {
      const onlyHalf = (req: IncomingMessage): IncomingMessage => {
        const left = { [half]: String(req.headers[half]) }
        return { headers: left, rawHeaders: Object.entries(left).flat() } as never
      }
      forward = (url, req) => send(url, onlyHalf(req))
      const undo = instrumented()

      await call(signedBy(KEY))
      undo()
      instrumented(undefined, { propagateTo: 'nobody.example' })
      await call(signedBy(KEY))

      const [first, second] = backend.arrived
      const parentId = records.find(record => record.name === 'http-start')?.trace_id
      expect(first && carried(first)).toEqual({ baseId: CALLER.base_id, parentId, hmacKey: KEY })
      expect(second && traceValues(second)).toEqual([])
    },
  )

  it("replaces headers from getTraceIdHeaders() with those of the request's own point", async () => {
    forward = url => {
      const headers = getTraceIdHeaders() as Record<string, string>
      return send(url, { headers, rawHeaders: Object.entries(headers).flat() } as never)
    }
    instrumented()

    await call(signedBy(KEY))

    const parentId = only(records, 'http-start').trace_id
    expect(backend.arrived.map(carried)).toEqual([{ baseId: CALLER.base_id, parentId, hmacKey: KEY }])
  })
})

describe('a copied pair of trace headers on a signed request', () => {
  const AWS = 'AWS4-HMAC-SHA256 Credential=AK/20260101/eu/s3/aws4_request, SignedHeaders=host'

  async function forwardSigned(authorization: string, propagateTo: string | undefined): Promise<Arrived> {
    forward = async (url, req) => (await fetch(url, { headers: { ...copied(req), authorization } })).text()
    instrumented(undefined, { propagateTo })
    await call(signedBy(KEY))
    const [arrived] = backend.arrived
    if (arrived === undefined) throw new Error('Nothing arrived')
    return arrived
  }

  it('is replaced if the signature does not cover the pair', async () => {
    const arrived = await forwardSigned(`${AWS}, Signature=a`, undefined)

    expect(carried(arrived)?.parentId).toBe(only(records, 'http-start').trace_id)
  })

  it('is removed if the host is forbidden and the signature does not cover the pair', async () => {
    const arrived = await forwardSigned(`${AWS}, Signature=a`, 'nobody.example')

    expect(traceValues(arrived)).toEqual([])
  })

  it.each([undefined, 'nobody.example'])(
    'stays if the signature covers the pair (propagateTo: %s)',
    async propagateTo => {
      const arrived = await forwardSigned(`${AWS};x-trace-hmac;x-trace-info, Signature=a`, propagateTo)

      expect(carried(arrived)?.parentId).toBe('caller')
    },
  )
})
