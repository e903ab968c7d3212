import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http2, {
  type ClientHttp2Session,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  connect as importedConnect,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { get, setNotifier, signedPack, signedUnpack } from '@osprofiler/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { collect, inTrace, KEY } from './traced-calls.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-'))
const arrived: IncomingHttpHeaders[] = []
let ca: Buffer
let server: Http2SecureServer
let origin: string

beforeAll(async () => {
  const { certificateFile, keyFile } = await makeCertificate(folder)
  ca = readFileSync(certificateFile)
  server = http2.createSecureServer({ cert: ca, key: readFileSync(keyFile) })
  server.on('stream', (stream, headers) => {
    arrived.push(headers)
    stream.respond()
    stream.end('ok')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  collect()
  arrived.length = 0
})
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

type Headers = Record<string, string>

/** Sends a request with these headers and reads the response. */
type Send = (headers: Headers) => Promise<unknown>

async function overSession(
  connect: typeof importedConnect,
  ask: (session: ClientHttp2Session) => ReturnType<ClientHttp2Session['request']>,
): Promise<string> {
  const session = connect(origin, { ca })
  try {
    return await text(ask(session))
  } finally {
    session.close()
    await once(session, 'close')
  }
}

// Node 20 and 22 accept only objects as headers.
const TAKES_LISTS = Number.parseInt(process.versions.node, 10) >= 24

const SENDS: Record<string, Send> = {
  'connect()': headers => overSession(http2.connect, session => session.request(headers)),
  'connect() imported by name': headers => overSession(importedConnect, session => session.request(headers)),
  'header names in uppercase': headers => {
    const upper = Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])
    return overSession(http2.connect, session => session.request(Object.fromEntries(upper)))
  },
  'headers that are getters': headers => {
    const live = Object.defineProperties(
      {},
      Object.fromEntries(Object.keys(headers).map(name => [name, { get: () => headers[name], enumerable: true }])),
    )
    return overSession(http2.connect, session => session.request(live))
  },
  'its host as :authority': headers =>
    overSession(http2.connect, session => session.request({ ':authority': new URL(origin).host, ...headers })),
  got: async headers => {
    const { got } = await import('got')
    return got(origin, { http2: true, https: { certificateAuthority: ca }, headers }).text()
  },
  ...(TAKES_LISTS
    ? {
        'a list of headers': (headers: Headers) =>
          overSession(http2.connect, session => session.request(Object.entries(headers).flat() as never)),
      }
    : {}),
}

/**
 * Runs `send` in a trace. The headers contain the caller's trace. Returns the received headers and the sender's point.
 */
async function forward(
  send: Send,
  key = KEY,
): Promise<{ headers: IncomingHttpHeaders; baseId: string; point: string }> {
  let point = ''
  const { baseId } = await inTrace(async () => {
    const profiler = get()
    if (profiler === undefined) throw new Error('There is no trace')
    point = profiler.traceId
    const [info, hmac] = signedPack({ base_id: profiler.baseId, parent_id: 'caller' }, key)
    await send({ 'x-trace-info': info, 'x-trace-hmac': hmac, 'x-other': 'kept' })
  })
  const [headers] = arrived
  if (headers === undefined) throw new Error('Nothing arrived')
  return { headers, baseId, point }
}

function carried(headers: IncomingHttpHeaders): unknown {
  return signedUnpack(String(headers['x-trace-info']), String(headers['x-trace-hmac']), KEY)
}

describe.each(Object.keys(SENDS))('a gateway that copies headers over HTTP/2 with %s', name => {
  const send = SENDS[name] as Send

  it("sends its own point instead of its caller's point", async () => {
    instrumented(['http'])

    const { headers, baseId, point } = await forward(send)

    expect(carried(headers)).toEqual({ baseId, parentId: point, hmacKey: KEY })
    expect(headers['x-other']).toBe('kept')
  })

  it('sends no trace headers to a forbidden host', async () => {
    instrumented(['http'], { propagateTo: 'nobody.example' })

    const { headers } = await forward(send)

    expect(headers).not.toHaveProperty('x-trace-info')
    expect(headers).not.toHaveProperty('x-trace-hmac')
    expect(headers['x-other']).toBe('kept')
  })

  it('does not change a pair of trace headers that was signed with another key', async () => {
    instrumented(['http'], { propagateTo: 'nobody.example' })

    const { headers, baseId } = await forward(send, 'PARTNER')

    expect(signedUnpack(String(headers['x-trace-info']), String(headers['x-trace-hmac']), 'PARTNER')).toEqual({
      baseId,
      parentId: 'caller',
      hmacKey: 'PARTNER',
    })
  })
})

describe('a request over HTTP/2', () => {
  it('sends no trace headers if its authority is a forbidden host', async () => {
    instrumented(['http'], { propagateTo: '127.0.0.1' })

    const { headers } = await forward(pair =>
      overSession(http2.connect, session => session.request({ ...pair, ':authority': 'elsewhere.example' })),
    )

    expect(headers).not.toHaveProperty('x-trace-info')
  })

  it('passes its full URL, including the path, to a rule that is a function', async () => {
    const asked: string[] = []
    instrumented(['http'], { propagateTo: url => asked.push(url.href) > 0 })

    await forward(pair => overSession(http2.connect, session => session.request({ ...pair, ':path': '/a?b' })))

    expect(asked).toContain(`${origin}/a?b`)
  })

  it('keeps its list of headers that must not be compressed', async () => {
    instrumented(['http'])
    let sent: http2.ClientHttp2Stream | undefined

    await forward(pair =>
      overSession(http2.connect, session => {
        sent = session.request({ ...pair, [http2.sensitiveHeaders]: ['x-other'] })
        return sent
      }),
    )

    expect(sent?.sentHeaders).toMatchObject({ [http2.sensitiveHeaders]: ['x-other'] })
  })

  it('keeps its headers unchanged if they contain no trace headers', async () => {
    instrumented(['http'])
    const given = { 'x-other': 'kept' }

    await inTrace(() => overSession(http2.connect, session => session.request(given)))

    expect(given).toEqual({ 'x-other': 'kept' })
    expect(arrived[0]).not.toHaveProperty('x-trace-info')
  })

  it('keeps its headers unchanged outside a trace', async () => {
    instrumented(['http'], { propagateTo: 'nobody.example' })

    await overSession(http2.connect, session => session.request({ 'x-trace-info': 'a', 'x-trace-hmac': 'b' }))

    expect(arrived[0]).toMatchObject({ 'x-trace-info': 'a', 'x-trace-hmac': 'b' })
  })
})

describe('removing the instrument', () => {
  it('restores node:http2 and its sessions', async () => {
    const before = http2.connect
    const undo = instrumented(['http'])
    const session = http2.connect(origin, { ca })
    expect(http2.connect).not.toBe(before)

    undo()

    const prototype: object = Object.getPrototypeOf(session)
    expect(http2.connect).toBe(before)
    expect(String((prototype as ClientHttp2Session).request)).toMatch(/^request\(/)
    session.destroy()
  })
})
