import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createTraceId, signedPack, signedUnpack, type TraceRecord } from '@osprofiler/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const PROGRAM = fileURLToPath(new URL('fixtures/gateway-beside-sentry.mjs', import.meta.url))
const KEY = 'SECRET'
const SIGNED_HEADER_NAMES = ['x-trace-hmac', 'x-trace-info']
const SENTRY_HEADER_NAMES = ['baggage', 'sentry-trace']

const PATHS = ['/get-by-name', '/list', '/body', '/fetch']
const SENTRY_HEADER_COUNTS = PATHS.map(path => [path, path === '/list' ? [0, 0] : [1, 1]])

/** The headers of a received request: each lowercase name with the list of all its values. */
type ReceivedHeaders = Record<string, string[]>

interface Span {
  readonly span_id: string
  readonly attributes: Record<string, { readonly value: unknown }>
}

/** The results of one request to the gateway. */
interface GatewayOutcome {
  /** The requests that the gateway sent to the origin, by path. */
  readonly arrived: ReadonlyMap<string, ReceivedHeaders>
  readonly records: readonly TraceRecord[]
  /** The spans that Sentry created for the requests to the origin, by path. */
  readonly spans: ReadonlyMap<string, Span>
  readonly end: { readonly code: unknown; readonly complaints: string }
}

const BASE_ID = createTraceId()
const [INFO, HMAC] = signedPack({ base_id: BASE_ID }, KEY)
const SIGNED_HEADERS = { 'X-Trace-Info': INFO, 'X-Trace-HMAC': HMAC }

let arrived = new Map<string, ReceivedHeaders>()
const origin = createServer(({ url = '', rawHeaders }, res) => {
  const headers: ReceivedHeaders = {}
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = String(rawHeaders[at]).toLowerCase()
    headers[name] = [...(headers[name] ?? []), String(rawHeaders[at + 1])]
  }
  arrived.set(url, headers)
  res.end('ok')
})

beforeAll(async () => {
  await once(origin.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  origin.closeAllConnections()
  origin.close()
})

/** Starts the gateway, sends it one request, and stops it. */
async function askGateway(order: string, headers: Record<string, string>): Promise<GatewayOutcome> {
  arrived = new Map()
  const { port } = origin.address() as AddressInfo
  const env = { ...process.env, KEY, ORIGIN: `http://127.0.0.1:${port}` }
  const program = fork(PROGRAM, [order], { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  let complaints = ''
  program.stderr?.setEncoding('utf8').on('data', chunk => {
    complaints += chunk
  })
  try {
    const [listening] = await once(program, 'message')
    await (await fetch(`http://127.0.0.1:${listening.port}/`, { headers })).text()
    const closed = once(program, 'close')
    program.send('end')
    const [{ records, envelopes }] = await once(program, 'message')
    const [code] = await closed
    return { arrived, records, spans: mapOutgoingSpans(envelopes), end: { code, complaints } }
  } finally {
    program.kill('SIGKILL')
  }
}

function mapOutgoingSpans(envelopes: [unknown, [{ type: string }, { items: Span[] }][]][]): Map<string, Span> {
  const items = envelopes.flatMap(([, all]) => all.filter(([{ type }]) => type === 'span'))
  const spans = items.flatMap(([, { items }]) => items)
  const clients = spans.filter(({ attributes }) => attributes['sentry.op']?.value === 'http.client')
  const byPath = new Map(clients.map(span => [new URL(String(span.attributes['url.full']?.value)).pathname, span]))
  if (byPath.size < clients.length) throw new Error('Sentry created more than one span for a request')
  return byPath
}

/** Returns how many values each request had for each of Sentry's headers. */
function countSentryHeaders({ arrived }: GatewayOutcome): [string, number[]][] {
  return [...arrived].map(([path, headers]) => [path, SENTRY_HEADER_NAMES.map(name => headers[name]?.length ?? 0)])
}

it('Sentry without OSProfiler adds its headers to every request, unless the headers of the request are a list', async () => {
  const asked = await askGateway('alone', SIGNED_HEADERS)

  expect(countSentryHeaders(asked)).toEqual(SENTRY_HEADER_COUNTS)
})

describe.each(['before', 'after'])('with Sentry installed %s OSProfiler', order => {
  let signed: GatewayOutcome
  let unsigned: GatewayOutcome

  beforeAll(async () => {
    signed = await askGateway(order, SIGNED_HEADERS)
    unsigned = await askGateway(order, {})
  })

  it('a request carries the signed headers once, and becomes one point', () => {
    const calls = signed.records.filter(({ name }) => name === 'http-start')

    expect(calls.map(({ info }) => (info.requests as { path: string }).path)).toEqual(PATHS)
    for (const [at, headers] of [...signed.arrived.values()].entries()) {
      expect(SIGNED_HEADER_NAMES.map(name => headers[name]?.length)).toEqual([1, 1])
      const sent = signedUnpack(String(headers['x-trace-info']), String(headers['x-trace-hmac']), [KEY])
      expect(sent).toMatchObject({ baseId: BASE_ID, parentId: calls[at]?.trace_id })
    }
    expect(signed.arrived.get('/list')?.['x-own']).toEqual(['b'])
  })

  it('a request carries the same Sentry headers as without OSProfiler, and becomes one span', () => {
    for (const asked of [signed, unsigned]) {
      expect(countSentryHeaders(asked)).toEqual(SENTRY_HEADER_COUNTS)
      expect([...asked.spans.keys()]).toEqual(PATHS)
      for (const [path, { span_id }] of asked.spans) {
        const sent = asked.arrived.get(path)?.['sentry-trace'] ?? []
        for (const value of sent) expect(value).toContain(`-${span_id}-`)
      }
    }
  })

  it('points have the same parents as without Sentry', () => {
    const started = signed.records.filter(({ name }) => name.endsWith('-start'))
    const nameOf = (id: string) => started.find(({ trace_id }) => trace_id === id)?.name.replace(/-start$/, '')

    expect(started.map(({ name, parent_id }) => [nameOf(parent_id), name])).toEqual([
      [undefined, 'wsgi-start'],
      ...['get by name', 'http.request with a list of headers', 'http.request with a body', 'fetch'].flatMap(name => [
        ['wsgi', `${name}-start`],
        [name, 'http-start'],
      ]),
    ])
    expect(signed.records).toHaveLength(started.length * 2)
    expect(new Set(signed.records.map(({ base_id }) => base_id))).toEqual(new Set([BASE_ID]))
  })

  it('an unsigned request becomes no point, and carries no signed headers', () => {
    expect(unsigned.records).toEqual([])
    expect(
      [...unsigned.arrived.values()].flatMap(headers => SIGNED_HEADER_NAMES.filter(name => name in headers)),
    ).toEqual([])
  })

  it('no error or warning occurs', () => {
    for (const { end } of [signed, unsigned]) expect(end).toEqual({ code: 0, complaints: '' })
  })
})
