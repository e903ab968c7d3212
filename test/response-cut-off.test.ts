import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { createTraceId, setNotifier, signedPack, type TraceRecord } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { afterEach, describe, expect, it } from 'vitest'

const KEY = 'SECRET'
// More than a connection takes while nobody reads.
const BODY = Buffer.alloc(32 * 1024 * 1024, 'x')

let server: Server
let records: TraceRecord[]

afterEach(async () => {
  setNotifier(undefined)
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

async function serve(handle: (req: IncomingMessage, res: ServerResponse) => void): Promise<number> {
  records = []
  setNotifier(record => void records.push(record))
  const tracer = createRequestTracer(KEY)
  server = createServer((req, res) => tracer.serve(req, res, () => handle(req, res)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Asks, reads what is there first, and reads no more. */
async function askAndStop(port: number, method = 'GET'): Promise<Socket> {
  const id = createTraceId()
  const [info, hmac] = signedPack({ base_id: id, parent_id: id }, KEY)
  const client = connect(port, '127.0.0.1')
  client.on('error', () => {})
  const length = method === 'POST' ? 'Content-Length: 10\r\n' : ''
  client.write(`${method} / HTTP/1.1\r\nHost: a\r\n${length}X-Trace-Info: ${info}\r\nX-Trace-HMAC: ${hmac}\r\n\r\n`)
  return client
}

async function stopInfo(): Promise<Record<string, unknown>> {
  await expect.poll(() => records.some(({ name }) => name === 'wsgi-stop')).toBe(true)
  return records.find(({ name }) => name === 'wsgi-stop')?.info ?? {}
}

type Act = (parts: { client: Socket; req: IncomingMessage; res: ServerResponse }) => void

describe('an answer that was handed to Node, and not delivered', () => {
  it.each<[string, Act, object]>([
    [
      'the client resets the connection',
      ({ client }) => void client.resetAndDestroy(),
      { etype: 'ClientDisconnected' },
    ],
    ['the server closes its connections', () => server.closeAllConnections(), { etype: 'ResponseAborted' }],
    ['the program destroys the response', ({ res }) => void res.destroy(), { etype: 'ResponseAborted' }],
    [
      'the program destroys the connection with an error',
      ({ req }) => void req.socket.destroy(new RangeError('too slow')),
      { etype: 'RangeError', message: 'too slow' },
    ],
    ['the connection times out', ({ req }) => void req.socket.setTimeout(50), { etype: 'TimeoutError' }],
  ])('says so where %s', async (_cause, act, expected) => {
    let parts: { req: IncomingMessage; res: ServerResponse } | undefined
    const port = await serve((req, res) => {
      parts = { req, res }
      res.end(BODY)
    })
    const client = await askAndStop(port)
    await once(client, 'readable')

    if (parts === undefined) throw new Error('The request was not served')
    act({ client, ...parts })

    expect(await stopInfo()).toMatchObject(expected)
    client.destroy()
  })

  it('is a well ended one when the client has read all of it', async () => {
    const port = await serve((_req, res) => res.end(BODY))
    const client = await askAndStop(port)
    client.resume()

    const info = await stopInfo()

    expect(info.etype).toBeUndefined()
    expect(info.response).toEqual({ status_code: 200 })
    client.destroy()
  })
})

describe('an upload that a gateway cannot hand on', () => {
  it('fails with the error of the other end, not by the client', async () => {
    const port = await serve(req => {
      const upstream = httpRequest({ host: '127.0.0.1', port: 1, method: 'POST' })
      req.pipe(upstream.on('error', error => req.destroy(error)))
    })
    const client = await askAndStop(port, 'POST')

    const info = await stopInfo()

    expect(info).toMatchObject({ etype: 'Error', message: expect.stringContaining('ECONNREFUSED') })
    client.destroy()
  })
})
