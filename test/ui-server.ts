import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Driver, TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { createViewer, type ViewerOptions } from '@osprofiler/viewer/server'
import { onTestFinished } from 'vitest'

/** A viewer with an embedded store. Both are removed when the test ends. */
export interface Ui {
  readonly driver: Driver
  /** The address, including the token. */
  readonly address: string
  readonly port: number
  /** The path below which the viewer serves all of its pages. */
  readonly folder: string
  readonly cookie: string
  /** Errors that the viewer reported only to `onError`. */
  readonly errors: unknown[]
  readonly close: () => Promise<void>
  /** Sends a request, by default as the page would. A header with the value `undefined` is left out. */
  send(path: string, options?: SendOptions): Promise<Answer>
}

export interface SendOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string | Buffer
}

export interface Answer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Returns the headers that the pages send with every request that changes something. */
export function createOwnHeaders(ui: Ui): Record<string, string> {
  return { Origin: `http://127.0.0.1:${ui.port}`, 'Sec-Fetch-Site': 'same-origin', 'X-Osprofiler-Ui': '1' }
}

/** Starts a viewer, by default with a new store. */
export async function startUi(options: Partial<ViewerOptions> = {}): Promise<Ui> {
  const errors: unknown[] = []
  const driver = options.driver ?? openStore()
  const viewer = createViewer({ onError: error => errors.push(error), ...options, driver })
  const address = await viewer.listen()
  onTestFinished(() => viewer.close())

  const { port: portText, pathname: folder } = new URL(address)
  const port = Number(portText)
  const exchange = await fetch(address, { redirect: 'manual' })
  const cookie = exchange.headers.get('set-cookie')?.split(';')[0] ?? ''
  return {
    driver,
    address,
    port,
    folder,
    cookie,
    errors,
    close: () => viewer.close(),
    send: (path, { headers, ...rest } = {}) =>
      sendRaw(port, folder + path, { ...rest, headers: { Host: `127.0.0.1:${port}`, Cookie: cookie, ...headers } }),
  }
}

/** Opens an empty embedded store in a new directory. */
export function openStore(): Driver {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-ui-'))
  const driver = openDriver(`sqlite:///${join(directory, 'traces.db')}`)
  onTestFinished(async () => {
    await driver.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return driver
}

/** Sends a request exactly as given, unlike any HTTP client, and reads the response until the connection ends. */
export async function sendRaw(port: number, target: string, options: SendOptions = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  const lines = Object.entries({ Connection: 'close', ...length, ...headers })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}`)
  return await sendBytes(port, [`${method} ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n'), body)
}

/** Sends headers exactly as given, optionally with a body, and reads the response. */
export async function sendBytes(port: number, head: string, body?: string | Buffer): Promise<Answer> {
  const socket = connect(port, '127.0.0.1')
  // A server that rejects a body may close the connection before the whole body was sent.
  socket.on('error', () => undefined)
  socket.write(Buffer.from(head, 'latin1'))
  if (body !== undefined) socket.write(body)
  const pieces: Buffer[] = []
  await new Promise<void>(resolve => {
    socket.on('data', piece => pieces.push(piece))
    socket.on('close', () => resolve())
    socket.on('end', () => socket.end())
  })
  return readAnswer(Buffer.concat(pieces).toString('latin1'))
}

/**
 * Parses a response.
 *
 * @param text has one character for each byte
 */
function readAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n')
  const headers = new Map(
    lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
    }),
  )
  const rest = text.slice(end + 4)
  const body = headers.get('transfer-encoding') === 'chunked' ? joinChunks(rest) : rest
  return { status: Number(statusLine.split(' ')[1]), headers, body: Buffer.from(body, 'latin1').toString('utf8') }
}

function joinChunks(text: string): string {
  let joined = ''
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n')
    const size = Number.parseInt(rest, 16)
    if (!(size > 0)) break
    joined += rest.slice(end + 2, end + 2 + size)
    rest = rest.slice(end + 2 + size + 2)
  }
  return joined
}

export interface TraceParts {
  readonly baseId?: string
  readonly name?: string
  readonly service?: string
  readonly project?: string
  /** Number of queries in the served request. */
  readonly queries?: number
  readonly failed?: boolean
  /** Start of the trace, in milliseconds since 1970. */
  readonly at?: number
  /** Duration of each query, in milliseconds. */
  readonly queryMs?: number
}

/** Creates the records of a request that makes queries one after another. */
export function makeTrace(parts: TraceParts = {}): TraceRecord[] {
  const { baseId = randomUUID(), name = 'wsgi', service = 'orders', project = 'shop', queries = 2 } = parts
  const { failed = false, at = Date.now() - 60_000, queryMs = 5 } = parts
  const top = randomUUID()
  const common = { base_id: baseId, project, service }
  const record = (point: string, parent: string, text: string, ms: number, info: object): TraceRecord => ({
    ...common,
    name: text,
    trace_id: point,
    parent_id: parent,
    timestamp: `${new Date(at + ms).toISOString().slice(0, -1)}000`,
    info: { host: 'web-1', ...info },
  })
  const records = [record(top, baseId, `${name}-start`, 0, { request: { path: '/orders', method: 'GET' } })]
  for (let query = 0; query < queries; query++) {
    const id = randomUUID()
    const begin = 1 + query * queryMs
    records.push(record(id, top, 'db-start', begin, { db: { statement: 'SELECT * FROM items', params: '' } }))
    records.push(record(id, top, 'db-stop', begin + queryMs, {}))
  }
  const end = failed ? { etype: 'TimeoutError', message: 'no answer' } : { response: { status_code: 200 } }
  records.push(record(top, baseId, `${name}-stop`, queries * queryMs + 2, end))
  return records
}
