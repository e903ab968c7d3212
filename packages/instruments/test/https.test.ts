import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import https, { Agent, createServer, get as importedGet, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { instrument } from '@osprofiler/instruments'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { ask } from './http-asking.js'
import { collect, inTrace, only } from './traced-calls.js'

const folder = mkdtempSync(join(tmpdir(), 'osprofiler-'))
const arrived: IncomingHttpHeaders[] = []
let ca: Buffer
let server: Server
let port: number
let records: TraceRecord[]
let undo: () => void

beforeAll(async () => {
  const { certificateFile, keyFile } = await makeCertificate(folder)
  ca = readFileSync(certificateFile)
  server = createServer({ cert: ca, key: readFileSync(keyFile) }, (req, res) => {
    arrived.push(req.headers)
    res.end('ok')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  records = collect()
  arrived.length = 0
  undo = instrument(['http'])
})
afterEach(() => {
  undo()
  setNotifier(undefined)
})

it.each<[string, Parameters<typeof ask>[0]]>([
  ['https.get', onAnswer => https.get(`https://127.0.0.1:${port}/a?b`, { ca }, onAnswer)],
  ['get imported by name', onAnswer => importedGet({ host: '127.0.0.1', port, path: '/a?b', ca }, onAnswer)],
  [
    'an agent',
    onAnswer => https.request({ host: '127.0.0.1', port, path: '/a?b', agent: new Agent({ ca }) }, onAnswer),
  ],
  [
    'headers in a list',
    onAnswer => https.get(`https://127.0.0.1:${port}/a?b`, { ca, headers: ['Host', 'a'] }, onAnswer),
  ],
])('a request over TLS becomes a point named https, and sends trace headers: %s', async (_name, send) => {
  await inTrace(() => ask(send))

  expect(only(records, 'https-start').info.requests).toEqual({
    method: 'GET',
    query: 'b',
    path: '/a',
    hostname: '127.0.0.1',
    port,
    scheme: 'https',
  })
  expect(only(records, 'https-stop').info.requests).toMatchObject({ status_code: 200 })
  expect(arrived).toEqual([expect.objectContaining({ 'x-trace-info': expect.any(String) })])
})

it('a request to an untrusted server is recorded with the certificate error', async () => {
  await inTrace(() => ask(onAnswer => https.get(`https://127.0.0.1:${port}/`, onAnswer)).catch(() => undefined))

  expect(only(records, 'https-stop').info.message).toMatch(/certificate/)
  expect(arrived).toEqual([])
})

it('a request without a port is recorded with the default port of https', async () => {
  await inTrace(async () => {
    https.get({ host: 'catalog.invalid' }).on('error', () => undefined)
  })

  expect(only(records, 'https-start').info.requests).toMatchObject({ hostname: 'catalog.invalid', port: 443 })
})
