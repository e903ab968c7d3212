import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { ask, type ByteServer, openByteServer } from './http-asking.js'
import { collect, inTrace } from './traced-calls.js'

const AWS = 'AWS4-HMAC-SHA256 Credential=AK/20260101/eu/s3/aws4_request, SignedHeaders=host, Signature=SEALED'

let server: ByteServer
let records: TraceRecord[]
const undos: (() => void)[] = []

beforeEach(async () => {
  server = await openByteServer()
  records = collect()
})
afterEach(async () => {
  for (const undo of undos.splice(0)) undo()
  setNotifier(undefined)
  await server[Symbol.asyncDispose]()
})

type Send = (onAnswer: (response: IncomingMessage) => void) => ClientRequest

/** Sends a request first untraced and then traced. Returns the bytes of both. */
async function bytesOf(send: Send): Promise<readonly string[]> {
  await ask(send)
  undos.push(instrument(['http']))
  await inTrace(() => ask(send))
  expect(records).toHaveLength(2)
  return server.received
}

const options = (headers: http.OutgoingHttpHeaders | readonly string[]): http.RequestOptions => ({
  port: server.port,
  host: '127.0.0.1',
  method: 'PUT',
  headers,
})

describe('a request that the program has signed arrives byte for byte unchanged', () => {
  it.each<[string, Send]>([
    ['with headers in an object', onAnswer => http.request(options({ Authorization: AWS, B: ['c', 'd'] }), onAnswer)],
    [
      'with headers in a list',
      onAnswer => http.request(options(['Host', 'x', 'aUTHorization', AWS, 'B', 'c', 'B', 'd']), onAnswer),
    ],
    [
      'with an Expect header',
      onAnswer => http.request(options({ authorization: AWS, expect: '100-continue' }), onAnswer),
    ],
    [
      'with a signature that is set after the request was created',
      onAnswer => {
        const request = http.request(options({ A: 'b' }), onAnswer)
        request.setHeader('Authorization', AWS)
        return request
      },
    ],
    [
      'with a body',
      onAnswer => {
        const request = http.request(options({ Authorization: AWS }), onAnswer)
        request.write('one')
        return request.end('two')
      },
    ],
  ])('%s', async (_name, send) => {
    const [bare, traced] = await bytesOf(send)

    expect(traced).toBe(bare)
    expect(JSON.stringify(records)).not.toContain('SEALED')
  })

  it.each([
    'AWS AK:SEALED',
    'GOOG4-RSA-SHA256 Credential=SEALED',
    'SharedKey account:SEALED',
    'Signature keyId="SEALED"',
    'TC3-HMAC-SHA256 Credential=SEALED',
    'EG1-HMAC-SHA256 client_token=SEALED',
    'acs AK:SEALED',
    'bce-auth-v1/AK/2026-01-01T00:00:00Z/1800//SEALED',
    'HMAC-SHA256 Credential=SEALED',
  ])('with the authorization %s', async authorization => {
    const [bare, traced] = await bytesOf(onAnswer => http.request(options({ authorization }), onAnswer))

    expect(traced).toBe(bare)
  })
})

describe('a request that the program has not signed', () => {
  it.each(['Bearer SEALED', 'Basic SEALED', 'Digest username="SEALED"'])(
    'gets the two trace headers, and is otherwise unchanged, with the header Authorization: %s',
    async authorization => {
      const [bare, traced = ''] = await bytesOf(onAnswer => http.request(options({ authorization }), onAnswer))

      expect(traced).toMatch(/\r\nX-Trace-Info: [\w-]+=*\r\nX-Trace-HMAC: [0-9a-f]{40}\r\n/)
      expect(traced.replace(/X-Trace-[^\r]*\r\n/g, '')).toBe(bare)
      expect(JSON.stringify(records)).not.toContain('SEALED')
    },
  )

  it.each<[string, Send]>([
    ['in an object', onAnswer => http.request(options({ 'x-trace-INFO': 'mine' }), onAnswer)],
    ['in a list', onAnswer => http.request(options(['Host', 'x', 'X-Trace-HMAC', 'mine']), onAnswer)],
    [
      'by setHeader()',
      onAnswer => {
        const request = http.request(options({}), onAnswer)
        request.setHeader('X-TRACE-INFO', 'mine')
        return request
      },
    ],
  ])('keeps the trace headers that the program has set: %s', async (_name, send) => {
    const [bare, traced] = await bytesOf(send)

    expect(traced).toBe(bare)
  })

  it('does not show the added trace headers in getHeaders() and similar methods', async () => {
    undos.push(instrument(['http']))
    let request: ClientRequest | undefined

    await inTrace(() =>
      ask(onAnswer => {
        request = http.request(options({ A: 'b' }), onAnswer)
        return request
      }),
    )

    expect(server.received[0]).toMatch(/x-trace-info/i)
    expect(request?.getHeaders()).toEqual({ a: 'b', host: `127.0.0.1:${server.port}` })
    expect(request?.getHeaderNames()).toEqual(['a', 'host'])
    expect(request?.getRawHeaderNames()).toEqual(['A', 'Host'])
  })
})

describe('a request has one point and one pair of headers if instrument() is', () => {
  const { request: taken } = http

  it.each<[string, () => Promise<typeof instrument>]>([
    ['called twice', async () => instrument],
    ['called in two copies of the package', async () => (await importCopy()).instrument],
  ])('%s', async (_name, getSecond) => {
    const second = await getSecond()
    undos.push(instrument(['http']), second(['http']))

    for (const send of [http.request, taken]) {
      await inTrace(() => ask(onAnswer => send(options({ A: 'b' }), onAnswer)))
      await inTrace(() => ask(onAnswer => send(options(['Host', 'a', 'A', 'b']), onAnswer)))
    }
    // Removes the first instrumentation first, so that the second instrumentation has to take over.
    undos.shift()?.()
    await inTrace(() => ask(onAnswer => http.request(options({}), onAnswer)))

    expect(records).toHaveLength(10)
    const last = server.received.at(-1) ?? ''
    for (const bytes of server.received) expect(bytes.match(/x-trace-info/gi)?.length ?? 0).toBeLessThan(2)
    expect(last).toMatch(/x-trace-info/i)
  })
})

/** Imports a second copy of this package, as in a program with two installed versions. */
async function importCopy(): Promise<{ instrument: typeof instrument }> {
  const modules = new URL('../node_modules/', import.meta.url)
  const copy = mkdtempSync(fileURLToPath(new URL('.copy-', modules)))
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(new URL('../dist', import.meta.url), copy, { recursive: true })
  writeFileSync(join(copy, 'package.json'), '{ "type": "module" }')
  return await import(join(copy, 'index.js'))
}
