import { type Agent, type IncomingMessage, request } from 'node:http'
import { createTraceId, signedPack } from '@osprofiler/core'

/** The key of every test server. */
export const KEY = 'a key of the tests'

/** Creates a trace, and returns its id and its signed headers. */
export function signTrace(key = KEY): { readonly baseId: string; readonly headers: Record<string, string> } {
  const baseId = createTraceId()
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, key)
  return { baseId, headers: { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } }
}

/** The parts of a request. A request with a body is a POST. */
export interface Sending {
  readonly headers?: Readonly<Record<string, string>>
  /** Pieces of the body. The client pauses after each piece, so that the pieces arrive one by one. */
  readonly body?: readonly string[]
  readonly agent?: Agent
}

/** A response that was read completely. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** Parses the body as JSON. */
  json(): Record<string, unknown>
}

const PIECE_PAUSE_MS = 3

/** Sends a request over HTTP/1 and reads the response. */
export function send(url: string, { headers = {}, body, agent }: Sending = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const req = request(url, { method: body ? 'POST' : 'GET', headers, ...(agent && { agent }) })
    req.on('error', reject)
    req.on('response', res => {
      const chunks: Buffer[] = []
      res.on('data', chunk => chunks.push(chunk))
      res.on('error', reject)
      res.on('end', () => {
        const read = Buffer.concat(chunks)
        const json = (): Record<string, unknown> => JSON.parse(read.toString())
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: read, json })
      })
    })
    const write = async (): Promise<void> => {
      for (const piece of body ?? []) {
        req.write(piece)
        await new Promise(done => setTimeout(done, PIECE_PAUSE_MS))
      }
      req.end()
    }
    if (headers.Expect) req.on('continue', () => void write())
    else void write()
  })
}

/** Splits a JSON text into the given number of pieces, even in the middle of a surrogate pair. */
export function split(text: string, pieces: number): string[] {
  const size = Math.ceil(text.length / pieces)
  return Array.from({ length: pieces }, (_, index) => text.slice(index * size, (index + 1) * size)).filter(Boolean)
}
