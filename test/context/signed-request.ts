import { type Agent, type IncomingMessage, request } from 'node:http'
import { createTraceId, signedPack } from '@osprofiler/core'

/** The key of every server here. */
export const KEY = 'a key of the tests'

/** The headers of a new trace, and its id. */
export function signTrace(key = KEY): { readonly baseId: string; readonly headers: Record<string, string> } {
  const baseId = createTraceId()
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, key)
  return { baseId, headers: { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } }
}

/** What is sent: with a body, a POST. */
export interface Sending {
  readonly headers?: Readonly<Record<string, string>>
  /** Pieces are sent with a pause after each, so that they arrive one by one. */
  readonly body?: readonly string[]
  readonly agent?: Agent
}

/** What came back, read to its end. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** The body as JSON. */
  json(): Record<string, unknown>
}

const PIECE_PAUSE_MS = 3

/** Sends a request over HTTP/1 and reads the answer. */
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

/** A text in so many pieces, which tear characters of JSON apart. */
export function split(text: string, pieces: number): string[] {
  const size = Math.ceil(text.length / pieces)
  return Array.from({ length: pieces }, (_, index) => text.slice(index * size, (index + 1) * size)).filter(Boolean)
}
