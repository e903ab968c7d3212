import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { AddressInfo, LookupFunction, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findFreePort } from '../../../test/servers/free-port.js'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { ask } from './http-asking.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { type OriginServer, openOrigin } from './origin-server.js'
import { collect, inTrace, only } from './traced-calls.js'

type Undici = typeof import('undici-7')

// undici 8 does not run on Node 20.
const undiciVersions = [5, 6, 7, ...(Number.parseInt(process.versions.node, 10) >= 22 ? [8] : [])]
const DELAY_MS = 60
/**
 * The shortest time that a test accepts. A connection begins a little before its socket is reported, so the recorded
 * time may be too short, especially on a busy machine.
 */
const MIN_DELAY_MS = DELAY_MS / 2

let server: OriginServer
let records: TraceRecord[]

beforeAll(async () => {
  server = await openOrigin()
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  records = collect()
  instrumented(['http', 'fetch'])
})
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

/** A slow DNS lookup that returns 127.0.0.1 for every host. */
const lookUpSlowly: LookupFunction = (_host, { all }, found) => {
  setTimeout(() => {
    if (all) found(null, [{ address: '127.0.0.1', family: 4 }])
    else found(null, '127.0.0.1', 4)
  }, DELAY_MS)
}

/** Returns the connection times of each stopped request, in the order in which the requests ended. */
function connections(): unknown[] {
  return records
    .filter(({ name }) => name === 'http-stop' || name === 'https-stop')
    .map(({ info }) => (info.requests as { connection?: unknown }).connection)
}

function get(path: string, options: http.RequestOptions = {}): Promise<string> {
  return ask(onAnswer => http.get(server.origin + path, options, onAnswer))
}

const NUMBER = expect.any(Number)

describe('a request of node:http', () => {
  it('records the time of its connection if connections are not kept alive', async () => {
    const agent = new http.Agent({ keepAlive: false })

    await inTrace(async () => {
      await get('/ok', { agent })
      await get('/ok', { agent })
    })

    const times = { connect_ms: NUMBER, tcp_ms: NUMBER, busy_ms: NUMBER }
    expect(connections()).toEqual([times, times])
  })

  it('records no connection time if it reuses a connection', async () => {
    const agent = new http.Agent({ keepAlive: true })

    await inTrace(async () => {
      await get('/ok', { agent })
      await setImmediate()
      await get('/ok', { agent })
    })

    expect(connections()).toEqual([{ connect_ms: NUMBER, tcp_ms: NUMBER, busy_ms: NUMBER }, undefined])
    agent.destroy()
  })

  it('records how long the DNS lookup took', async () => {
    await inTrace(() =>
      ask(onAnswer =>
        http.get(
          { host: 'rates.example', port: server.port, path: '/ok', lookup: lookUpSlowly, agent: false },
          onAnswer,
        ),
      ),
    )

    const [times] = connections() as [Record<string, number>]
    expect(times.dns_ms).toBeGreaterThanOrEqual(MIN_DELAY_MS)
    expect(times.connect_ms).toBeGreaterThanOrEqual(times.dns_ms ?? Number.NaN)
    expect(times.connect_ms).toBeCloseTo((times.dns_ms ?? 0) + (times.tcp_ms ?? 0), 1)
  })

  it('records how long the event loop was busy while the connection was opened', async () => {
    await inTrace(() =>
      ask(onAnswer => {
        const request = http.get(`${server.origin}/ok`, { agent: false }, onAnswer)
        request.on('socket', () => block(DELAY_MS))
        return request
      }),
    )

    const [times] = connections() as [Record<string, number>]
    expect(times.busy_ms).toBeGreaterThanOrEqual(MIN_DELAY_MS)
  })

  it('leaves the same listeners on the socket as an untraced request', async () => {
    const seen: Record<string, number>[] = []
    const send = (): Promise<string> =>
      ask(onAnswer =>
        http.get(`${server.origin}/ok`, { agent: false }, answer => {
          seen.push(countListeners(answer.socket))
          onAnswer(answer)
        }),
      )

    await send()
    await inTrace(send)

    expect(connections()).toHaveLength(1)
    expect(seen[1]).toEqual(seen[0])
  })

  it('adds no listener if it is untraced', async () => {
    const request = http.get(`${server.origin}/ok`, { agent: false })

    const [socket] = (await once(request, 'socket')) as [Socket]

    expect(countListeners(socket)).toMatchObject({ lookup: 0, secureConnect: 0 })
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    await once(answer.resume(), 'end')
  })

  it('records no connection time if the connection fails, and leaves no listener', async () => {
    const port = await findFreePort()
    let socket: Socket | undefined

    await inTrace(async () => {
      const request = http.get({ port, host: '127.0.0.1', agent: false })
      request.on('socket', given => {
        socket = given
      })
      await once(request, 'error').catch(() => undefined)
      await once(request, 'close')
    })

    expect(only(records, 'http-stop').info).toMatchObject({ etype: 'Error' })
    expect(only(records, 'http-stop').info).not.toHaveProperty('requests.connection')
    expect(socket && countListeners(socket)).toMatchObject({ lookup: 0, secureConnect: 0 })
  })

  it('records how long the event loop was busy before the body was read', async () => {
    await inTrace(() =>
      ask(onAnswer =>
        http.get(`${server.origin}/big`, answer => {
          block(DELAY_MS)
          onAnswer(answer)
        }),
      ),
    )

    const { busy_ms: busy = 0, ...times } = only(records, 'http-stop').info.requests as Record<string, number>
    expect(busy).toBeGreaterThanOrEqual(MIN_DELAY_MS)
    expect(busy).toBeLessThanOrEqual((times.last_byte_ms ?? 0) - (times.first_byte_ms ?? 0) + 1)
  })
})

describe('a request of node:https', () => {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-'))
  let secure: https.Server
  let ca: Buffer

  beforeAll(async () => {
    const { certificateFile, keyFile } = await makeCertificate(folder)
    ca = readFileSync(certificateFile)
    secure = https.createServer({ cert: ca, key: readFileSync(keyFile) }, (_, res) => res.end('ok'))
    await new Promise<void>(resolve => secure.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    secure.closeAllConnections()
    secure.close()
    rmSync(folder, { recursive: true })
  })

  it('records the times of the DNS lookup, the TCP connection and the TLS handshake', async () => {
    const { port } = secure.address() as AddressInfo
    const agent = new https.Agent({ keepAlive: true, ca, lookup: lookUpSlowly, checkServerIdentity: () => undefined })
    const send = (): Promise<string> =>
      ask(onAnswer => https.get({ host: 'rates.example', port, agent, path: '/' }, onAnswer))

    await inTrace(async () => {
      await send()
      // Clients can reuse the connection only some time after the last byte.
      await setImmediate()
      await send()
    })

    const [times, reused] = connections() as [Record<string, number>, undefined]
    expect(times).toEqual({ connect_ms: NUMBER, dns_ms: NUMBER, tcp_ms: NUMBER, tls_ms: NUMBER, busy_ms: NUMBER })
    expect(times.dns_ms).toBeGreaterThanOrEqual(MIN_DELAY_MS)
    expect(times.tls_ms).toBeGreaterThan(0)
    expect(reused).toBeUndefined()
    agent.destroy()
  })
})

describe.each(undiciVersions)('a request of undici %i', version => {
  it('records the time of a new connection, and no time for a reused connection', async () => {
    const { Client, request } = (await import(`undici-${version}`)) as Undici
    const dispatcher = new Client(`http://rates.example:${server.port}`, { connect: { lookup: lookUpSlowly } as never })
    const send = async (): Promise<void> => {
      const { body } = await request(`http://rates.example:${server.port}/ok`, { dispatcher })
      await body.text()
    }

    await inTrace(async () => {
      await send()
      // Clients can reuse the connection only some time after the last byte.
      await setImmediate()
      await send()
    })

    const [first, second] = connections() as [Record<string, number>, undefined]
    expect(first).toEqual({ connect_ms: NUMBER, busy_ms: NUMBER })
    expect(first.connect_ms).toBeGreaterThanOrEqual(MIN_DELAY_MS)
    expect(second).toBeUndefined()
    await dispatcher.close()
  })

  it('records no time for a connection that an untraced request opened', async () => {
    const { Client, request } = (await import(`undici-${version}`)) as Undici
    const dispatcher = new Client(server.origin)
    const send = async (): Promise<void> => {
      const { body } = await request(`${server.origin}/ok`, { dispatcher })
      await body.text()
    }

    await send()
    await inTrace(send)

    expect(connections()).toEqual([undefined])
    await dispatcher.close()
  })
})

describe('a traced fetch', () => {
  it('records its own connection time if several requests run at the same time', async () => {
    const other = await openOrigin()

    await inTrace(() => Promise.all([1, 2, 3].map(async () => (await fetch(`${other.origin}/slow`)).text())))

    const times = { connect_ms: NUMBER, busy_ms: NUMBER }
    expect(connections()).toEqual([times, times, times])
    await other[Symbol.asyncDispose]()
  })

  it('makes the instrument listen to the connection channels until the request ends, unlike an untraced fetch', async () => {
    const names = ['beforeConnect', 'connected', 'connectError', 'sendHeaders'].map(name => `undici:client:${name}`)
    const listened = (): boolean[] => names.map(name => channel(name).hasSubscribers)

    const untraced = await fetch(`${server.origin}/ok`)
    const duringUntraced = listened()
    await untraced.text()
    const { result: duringTraced } = await inTrace(async () => {
      const answer = fetch(`${server.origin}/ok`)
      const seen = listened()
      await (await answer).text()
      return seen
    })

    expect(duringUntraced).not.toContain(true)
    expect(duringTraced).not.toContain(false)
    expect(listened()).not.toContain(true)
  })
})

/** Keeps the event loop busy. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

function countListeners(socket: Socket): Record<string, number> {
  const events = ['lookup', 'connect', 'secureConnect', 'close', 'error', 'timeout', 'data', 'end']
  return Object.fromEntries(events.map(event => [event, socket.listenerCount(event)]))
}
