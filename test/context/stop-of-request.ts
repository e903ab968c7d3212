import { type ClientRequest, request } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Listening } from './framework.js'
import { countLiveTraces } from './live-traces.js'
import { recordTraces } from './recorded-traces.js'
import { signTrace } from './signed-request.js'
import { outlineTrace } from './trace-outline.js'

/** What a client does in addition to reading the response. */
export interface ClientOptions {
  /** Called when the request has reached its route. */
  readonly act?: (req: ClientRequest, socket: Socket) => void
  /** Called with each piece of the response body. */
  readonly read?: (req: ClientRequest, text: string) => void
  /** The first part of a body. The rest is never sent. */
  readonly halfBody?: string
  readonly headers?: Readonly<Record<string, string>>
}

// A second stop record would be an error. It would be recorded within this time.
const SETTLE_MS = 20

/** Sends a signed request, and returns the info in the only stop record of its point, without host, route and counts. */
export async function readRequestStop(
  server: Listening,
  options: ClientOptions = {},
  reached?: Promise<void>,
): Promise<object> {
  const { act, read, halfBody, headers } = options
  const traces = recordTraces()
  const signed = signTrace()
  const liveBefore = countLiveTraces()

  const method = halfBody === undefined ? 'GET' : 'POST'
  const req = request(server.url, { headers: { ...headers, ...signed.headers }, method, agent: false })
  req.on('error', () => {})
  req.on('response', res => res.on('error', () => {}).on('data', data => read?.(req, String(data))))
  void reached?.then(() => act?.(req, req.socket as Socket))
  if (halfBody === undefined) req.end()
  else req.write(halfBody)
  const records = await traces.whenServed(signed.baseId)
  await pause(SETTLE_MS)

  expect(outlineTrace(traces.of(signed.baseId))).toBe('wsgi')
  expect(countLiveTraces()).toBe(liveBefore)
  const { host, request: route, points, ...info } = records.at(-1)?.info ?? {}
  return info
}
