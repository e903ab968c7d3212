import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createNotifier, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { makeRecord } from './make-record.js'
import { temporaryDirectory } from './temporary-directory.js'

describe('otlp:// explains a connection that fails because of', () => {
  it.each([
    ['a port without TLS', () => createServer(), 'otlp+https', /does not speak TLS.*otlp:\/\//],
    ['a gRPC port', () => createHttp2Server(), 'otlp', /not HTTP.*4317.*gRPC.*4318/],
    [
      'a server that speaks another protocol',
      () => createTcpServer(socket => talk(socket, 'SSH-2.0-x\r\n')),
      'otlp',
      /not HTTP/,
    ],
    [
      'a server that sends a TLS alert',
      () => createTcpServer(s => talk(s, '\x15\x03\x01\x00\x02')),
      'otlp',
      /otlp\+https/,
    ],
    [
      'a server that closes the connection at once',
      () => createTcpServer(socket => socket.destroy()),
      'otlp',
      /ended before.*TLS.*gRPC/,
    ],
    [
      'a server that closes the connection after the request',
      () => createTcpServer(s => s.on('data', () => s.destroy())),
      'otlp',
      /ended before/,
    ],
  ])('%s', async (_, create, scheme, message) => {
    const port = await listen(create())

    const error = await refusalOf(`${scheme}://localhost:${port}`)

    expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(message) })
  })

  it.each([
    ['an unknown certificate authority', {}, 'localhost', false, /not trusted.*OTEL_EXPORTER_OTLP_CERTIFICATE/],
    ['another name in the certificate', {}, '127.0.0.2', true, /ALTNAME.*not for the host/],
    [
      'a missing client certificate',
      { requestCert: true },
      'localhost',
      true,
      /client certificate.*CLIENT_CERTIFICATE/,
    ],
    [
      'a missing client certificate, with TLS 1.2',
      { requestCert: true, maxVersion: 'TLSv1.2' },
      'localhost',
      true,
      /client certificate.*CLIENT_CERTIFICATE/,
    ],
  ] as const)('%s', async (_, options, host, isTrusted, message) => {
    const certificate = await makeCertificate(temporaryDirectory())
    const port = await listenTls(certificate, options)
    const option = isTrusted ? `?certificate=${certificate.certificateFile}` : ''

    const error = await refusalOf(`otlp+https://${host}:${port}${option}`)

    expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(message) })
  })

  it('a client certificate that is not trusted', async () => {
    const certificate = await makeCertificate(temporaryDirectory())
    const other = await makeCertificate(temporaryDirectory())
    const port = await listenTls(certificate, { requestCert: true, ca: readFileSync(certificate.certificateFile) })
    vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', other.certificateFile)
    vi.stubEnv('OTEL_EXPORTER_OTLP_CLIENT_KEY', other.keyFile)
    onTestFinished(() => void vi.unstubAllEnvs())

    const error = await refusalOf(`otlp+https://localhost:${port}?certificate=${certificate.certificateFile}`)

    expect(error).toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/not trust the client certificate.*CLIENT_CERTIFICATE/),
    })
  })
})

describe('otlp:// with a reused connection', () => {
  it('repeats a request once if the collector closes the connection when it receives the request', async () => {
    let requests = 0
    const server = createServer((request, response) => {
      // The server closes the connection on its second request.
      if (++requests === 2) return void request.socket.destroy()
      request.resume().on('end', () => response.end())
    })
    const driver = openDriver(`otlp://127.0.0.1:${await listen(server)}`)
    onTestFinished(() => driver.close())

    await driver.write(makePoint())
    const second = driver.write(makePoint())

    await expect(second).resolves.toEqual({ refused: 0 })
    expect(requests).toBe(3)
  })

  it('does not repeat a request that failed on a new connection', async () => {
    let requests = 0
    const server = createServer(request => {
      requests++
      request.socket.destroy()
    })
    const driver = openDriver(`otlp://127.0.0.1:${await listen(server)}`)
    onTestFinished(() => driver.close())

    const writing = driver.write(makePoint())

    await expect(writing).rejects.toMatchObject({ code: 'ERR_WRITE_UNCERTAIN' })
    expect(requests).toBe(1)
  })

  it('loses one batch if the collector hangs, and keeps all other batches until the collector answers', async () => {
    let hangs = true
    const server = createServer((request, response) => {
      request.resume().on('end', () => hangs || response.end())
    })
    const driver = openDriver(`otlp://127.0.0.1:${await listen(server)}?timeout=0.3`)
    onTestFinished(() => driver.close())
    const notifier = createNotifier(driver, { minBackoff: 10, maxBackoff: 20, batchSize: 2, flushAfter: 1 })

    for (let point = 0; point < 5; point++) for (const record of makePoint()) notifier(record)
    await expect.poll(() => notifier.stats.retried, { timeout: 10_000 }).toBeGreaterThan(2)
    hangs = false
    await notifier.close(20_000)

    expect(notifier.stats).toMatchObject({ emitted: 10, unknown: 2, written: 8, dropped: 0 })
  })
})

function makePoint(): TraceRecord[] {
  const start = makeRecord()
  return [start, { ...start, name: 'wsgi-stop', timestamp: makeRecord().timestamp }]
}

/** Writes a start record, which is not sent as a span. Returns the error with which the write fails. */
async function refusalOf(connectionString: string): Promise<unknown> {
  const driver = openDriver(connectionString)
  const refusal = driver.write([makeRecord()]).then(
    () => undefined,
    (error: unknown) => error,
  )
  return await refusal.finally(() => driver.close())
}

async function listenTls(
  { certificateFile, keyFile }: { readonly certificateFile: string; readonly keyFile: string },
  options: ServerOptions,
): Promise<number> {
  const [cert, key] = [readFileSync(certificateFile), readFileSync(keyFile)]
  return await listen(createTlsServer({ cert, key, ca: cert, ...options, rejectUnauthorized: true }))
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, resolve))
  onTestFinished(() => void server.close())
  server.unref()
  return (server.address() as AddressInfo).port
}

function talk(socket: Socket, text: string): void {
  socket.on('error', () => undefined)
  socket.end(Buffer.from(text, 'latin1'))
}
