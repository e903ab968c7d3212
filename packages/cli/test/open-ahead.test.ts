import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { openConnection } from '../src/request/connection.js'
import { parseRequest } from '../src/request/parse-request.js'
import { sendRequest } from '../src/request/send-request.js'

const HOLD_MS = 300

/** The connections and requests that the server has received, in order. */
let events: string[]
beforeEach(() => {
  events = []
})

describe('the connection of the command', () => {
  it('is open before the first request is sent, and is used for all requests', async () => {
    const url = await listen(watch(http.createServer()))
    const connection = openConnection(new URL(url), {})
    onTestFinished(() => connection.close())

    const times = await connection.open(AbortSignal.timeout(10_000))
    await expect.poll(() => events).toEqual(['connection'])
    for (let round = 0; round < 3; round++) {
      expect(await sendRequest(parseRequest(url, {}), 'key', connection, 10_000)).toMatchObject({ status: 200 })
    }

    expect(times).toEqual({ dns: undefined, tcp: expect.any(Number), tls: undefined })
    expect(events).toEqual(['connection', 'request', 'request', 'request'])
  })

  it('is opened again if the server closes it after each answer', async () => {
    const server = watch(http.createServer())
    server.prependListener('request', (_, res: http.ServerResponse) => res.setHeader('Connection', 'close'))
    const url = await listen(server)
    const connection = openConnection(new URL(url), {})
    onTestFinished(() => connection.close())

    for (let round = 0; round < 2; round++) {
      const sent = await sendRequest(parseRequest(url, {}), 'key', connection, 10_000)
      expect(sent).toMatchObject({ status: 200, answers: 1, connectTimes: { tcp: expect.any(Number) } })
    }

    expect(events).toEqual(['connection', 'request', 'connection', 'request'])
  })

  it('reports separate times for DNS, TCP and TLS', async () => {
    const { key, cert } = await createCertificate()
    const target = await listen(watch(https.createServer({ key, cert })))
    const url = `https://localhost:${new URL(await listen(createSlowTunnel(target))).port}/`
    const connection = openConnection(new URL(url), { ca: cert })
    onTestFinished(() => connection.close())

    const { status, connectTimes } = await sendRequest(parseRequest(url, {}), 'key', connection, 10_000)

    expect(status).toBe(200)
    expect(connectTimes).toEqual({ dns: expect.any(Number), tcp: expect.any(Number), tls: expect.any(Number) })
    // The timer that delays the server's bytes may fire up to 5 ms early.
    expect(connectTimes?.tls).toBeGreaterThan(HOLD_MS - 5)
    expect(events).toEqual(['connection', 'request'])
  })

  it('fails with a reason if the certificate is not trusted', async () => {
    const { key, cert } = await createCertificate()
    const url = (await listen(watch(https.createServer({ key, cert })))).replace('http:', 'https:')
    const connection = openConnection(new URL(url), {})
    onTestFinished(() => connection.close())

    const sent = await sendRequest(parseRequest(url, {}), 'key', connection, 10_000)

    expect(sent).toMatchObject({ connectTimes: undefined, answers: 0, mayHaveArrived: false })
    expect(sent.failure).toMatch(/^DEPTH_ZERO_SELF_SIGNED_CERT, /)
    expect(events).not.toContain('request')
  })

  it('is opened within the time limit of the request', async () => {
    const url = (await listen(createServer())).replace('http:', 'https:')
    const connection = openConnection(new URL(url), {})
    onTestFinished(() => connection.close())

    const sent = await sendRequest(parseRequest(url, {}), 'key', connection, 200)

    expect(sent).toMatchObject({ failure: 'no connection within 0.2 s', mayHaveArrived: false })
  })
})

function watch<Watched extends http.Server | https.Server>(server: Watched): Watched {
  server.on('connection', () => events.push('connection'))
  server.on('request', (_, res) => {
    events.push('request')
    res.end()
  })
  return server
}

/** Creates a proxy that forwards the client's bytes immediately, and the server's bytes after `HOLD_MS`. */
function createSlowTunnel(target: string): Server {
  return createServer(socket => {
    const { hostname, port } = new URL(target)
    const onward = connect(Number(port), hostname)
    socket.pipe(onward)
    setTimeout(() => onward.pipe(socket), HOLD_MS)
    for (const end of [socket, onward]) end.on('error', () => undefined)
  })
}

async function createCertificate(): Promise<{ readonly key: Buffer; readonly cert: Buffer }> {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-connection-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const { keyFile, certificateFile } = await makeCertificate(folder)
  return { key: readFileSync(keyFile), cert: readFileSync(certificateFile) }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
