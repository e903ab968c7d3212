import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setNotifier } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Listening, RawRoute } from './context/framework.js'
import { nodeServer } from './context/node-server.js'
import { type RecordedTraces, recordTraces } from './context/recorded-traces.js'
import { signTrace } from './context/signed-request.js'

// The body is larger than the buffers of a connection, so the server must wait for a client that does not read.
const LARGE_BODY = Buffer.alloc(32 * 1024 * 1024, 'x')

let server: Listening
let traces: RecordedTraces

afterEach(async () => {
  await server.close()
  setNotifier(undefined)
})

async function serve(route: RawRoute): Promise<void> {
  traces = recordTraces()
  server = await nodeServer.serve({ rawRoutes: { '/': route } })
}

interface OpenRequest {
  readonly client: Socket
  /** Resolves to the info in the request's stop record. */
  stopInfo(): Promise<Record<string, unknown>>
}

/** Sends a request without a body. The client reads the response only if a test makes it read. */
function openRequest(method = 'GET'): OpenRequest {
  const { baseId, headers } = signTrace()
  const client = connect(Number(new URL(server.url).port), '127.0.0.1')
  client.on('error', () => {})
  const lines = Object.entries({ Host: 'a', ...(method === 'POST' && { 'Content-Length': '10' }), ...headers })
  client.write(`${method} / HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  return {
    client,
    async stopInfo() {
      const records = await traces.whenServed(baseId)
      return records.find(({ name }) => name === 'wsgi-stop')?.info ?? {}
    },
  }
}

type Act = (parts: { client: Socket; req: IncomingMessage; res: ServerResponse }) => void

describe('a response that Node accepted but did not deliver', () => {
  it.each<[string, Act, object]>([
    [
      'the client resets the connection',
      ({ client }) => void client.resetAndDestroy(),
      { etype: 'ClientDisconnected' },
    ],
    [
      'the server closes its connections',
      () => (server.server as Server).closeAllConnections(),
      { etype: 'ResponseAborted' },
    ],
    ['the program destroys the response', ({ res }) => void res.destroy(), { etype: 'ResponseAborted' }],
    [
      'the program destroys the connection with an error',
      ({ req }) => void req.socket.destroy(new RangeError('too slow')),
      { etype: 'RangeError', message: 'too slow' },
    ],
    ['the connection times out', ({ req }) => void req.socket.setTimeout(50), { etype: 'TimeoutError' }],
  ])('is recorded with its outcome if %s', async (_cause, act, expected) => {
    let parts: { req: IncomingMessage; res: ServerResponse } | undefined
    await serve((req, res) => {
      parts = { req, res }
      res.end(LARGE_BODY)
    })
    const { client, stopInfo } = openRequest()
    await once(client, 'readable')

    if (parts === undefined) throw new Error('The request was not served')
    act({ client, ...parts })

    expect(await stopInfo()).toMatchObject(expected)
    client.destroy()
  })

  it('is recorded as complete once the client has read the whole response', async () => {
    await serve((_req, res) => res.end(LARGE_BODY))
    const { client, stopInfo } = openRequest()
    client.resume()

    const info = await stopInfo()

    expect(info.etype).toBeUndefined()
    expect(info.response).toMatchObject({ status_code: 200, body_bytes: LARGE_BODY.length })
    client.destroy()
  })
})

describe('an upload that a gateway cannot forward', () => {
  it('fails with the error of the upstream server, not of the client', async () => {
    await serve(req => {
      const upstream = httpRequest({ host: '127.0.0.1', port: 1, method: 'POST' })
      req.pipe(upstream.on('error', error => req.destroy(error)))
    })
    const { client, stopInfo } = openRequest('POST')

    const info = await stopInfo()

    expect(info).toMatchObject({ etype: 'Error', message: expect.stringContaining('ECONNREFUSED') })
    client.destroy()
  })
})
