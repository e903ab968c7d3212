import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import * as http2 from 'node:http2'
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type Http2Server } from 'node:http2'
import { pipeline, Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setNotifier } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { afterEach, describe, expect, it } from 'vitest'
import { CursorFailed, failingRows } from './context/failing-rows.js'
import { type Listening, listen } from './context/framework.js'
import { openSession } from './context/http2-session.js'
import { liveTraces } from './context/live-traces.js'
import { recordTraces } from './context/recorded-traces.js'
import { KEY, signTrace } from './context/signed-request.js'
import { later } from './context/situation.js'
import { CLIENT, CURSOR, HEAD, SERVER, TIMEOUT } from './context/told-ends.js'
import { traceOutline } from './context/trace-outline.js'

let server: Listening | undefined
let session: ClientHttp2Session | undefined

afterEach(async () => {
  session?.destroy()
  await server?.close()
  setNotifier(undefined)
})

type Answer = (req: Http2ServerRequest, res: Http2ServerResponse) => unknown

interface Situation {
  readonly what: string
  readonly answer: Answer
  /** What the stop record says of a GET, and of a HEAD where a HEAD differs. */
  readonly told: object
  readonly toldOfHead?: object
  /** A HEAD has no body that could fail or come from a file. */
  readonly getOnly?: true
  readonly client?: (stream: ClientHttp2Stream, session: ClientHttp2Session) => void
  readonly prepare?: (server: Http2Server) => void
}

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants
const cursorFailed = (): CursorFailed => new CursorFailed('cursor failed')
const never: Answer = () => {}

const SITUATIONS: readonly Situation[] = [
  { what: 'is sent whole', answer: (_, res) => res.end('whole'), told: HEAD },
  {
    what: 'is sent on the stream itself',
    answer: (_, res) => res.stream.respond({ ':status': 202 }, { endStream: true }),
    told: { response: { status_code: 202 } },
  },
  {
    what: 'is sent from a file on the stream itself',
    answer: (_, res) => res.stream.respondWithFile(fileURLToPath(import.meta.url)),
    told: HEAD,
    getOnly: true,
  },
  {
    what: 'pushes another stream',
    answer: (_, res) => {
      res.stream.pushStream({ ':path': '/pushed' }, (_error, pushed) => pushed?.respond({}, { endStream: true }))
      res.end('whole')
    },
    told: HEAD,
  },
  {
    what: 'is sent whole, and closed by the program',
    answer: (_, res) => res.end('whole', () => res.stream?.close()),
    told: HEAD,
  },
  {
    what: 'is left by a client that cancels the stream',
    answer: never,
    client: stream => later(() => stream.close(NGHTTP2_CANCEL)),
    told: CLIENT,
  },
  {
    what: 'is left by a client that closes the stream',
    answer: never,
    client: stream => later(() => stream.close(NGHTTP2_NO_ERROR)),
    told: CLIENT,
  },
  {
    what: 'is left by a client that destroys its session',
    answer: never,
    client: (_, client) => later(() => client.destroy()),
    told: CLIENT,
  },
  {
    what: 'is left by a client that destroys its session with an error',
    answer: never,
    client: (_, client) => later(() => client.destroy(undefined, NGHTTP2_INTERNAL_ERROR)),
    told: CLIENT,
  },
  { what: 'is destroyed', answer: (_, res) => later(() => res.destroy()), told: SERVER },
  { what: 'is destroyed with an error', answer: (_, res) => later(() => res.destroy(cursorFailed())), told: CURSOR },
  {
    what: 'has its stream closed by the program',
    answer: (_, res) => later(() => res.stream.close(NGHTTP2_INTERNAL_ERROR)),
    told: SERVER,
  },
  {
    what: 'has its stream cancelled by the program',
    answer: (_, res) => later(() => res.stream.close(NGHTTP2_CANCEL)),
    told: SERVER,
  },
  {
    what: 'has its session destroyed by the program',
    answer: (_, res) => later(() => res.stream.session?.destroy()),
    told: SERVER,
  },
  {
    what: 'has a time-out',
    answer: (_, res) => res.setTimeout(10, () => res.stream.close(NGHTTP2_CANCEL)),
    told: TIMEOUT,
  },
  {
    what: 'outlives a time-out, and is broken off for another reason much later',
    answer: (_, res) => res.setTimeout(10, () => setTimeout(() => res.stream.close(NGHTTP2_CANCEL), 1_300)),
    told: SERVER,
  },
  { what: 'has the time-out of its server', answer: never, prepare: node => node.setTimeout(400), told: TIMEOUT },
  {
    what: 'fails half way in a pipeline',
    answer: (_, res) => pipeline(Readable.from(failingRows()), res, () => {}),
    told: { ...HEAD, ...CURSOR },
    getOnly: true,
  },
  {
    what: 'fails half way in a pipeline to the stream itself',
    answer: (_, res) => {
      res.stream.respond()
      pipeline(Readable.from(failingRows()), res.stream, () => {})
    },
    told: { ...HEAD, ...CURSOR },
    getOnly: true,
  },
  {
    what: 'is left by its client after its head',
    answer: (_, res) => res.write('a'),
    client: stream => stream.on('data', () => stream.close(NGHTTP2_CANCEL)),
    told: { ...HEAD, ...CLIENT },
    toldOfHead: HEAD,
  },
]

describe.each(['GET', 'HEAD'])('a response of HTTP/2 to %s', method => {
  const possible = SITUATIONS.filter(({ getOnly }) => method === 'GET' || getOnly === undefined)

  it.each(possible)('that $what says so in its stop, once', async ({ answer, told, toldOfHead, client, prepare }) => {
    const traces = recordTraces()
    const liveBefore = liveTraces()
    const tracer = createRequestTracer(KEY)
    const node = http2.createServer((req, res) => {
      tracer.serve(req, res, () => answer(req, res))
      client?.(stream, open)
    })
    prepare?.(node)
    server = await listen(node)
    const open = openSession(server.url)
    session = open
    const { baseId, headers } = signTrace()

    const lowered = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    const stream = open.request({ ':method': method, ...lowered })
    stream.on('error', () => {}).resume()

    const records = await traces.whenServed(baseId)
    await pause(20)
    expect(traceOutline(traces.of(baseId))).toBe('wsgi')
    const { host, ...info } = records.at(-1)?.info ?? {}
    expect(info).toEqual(method === 'HEAD' ? (toldOfHead ?? told) : told)
    expect(liveTraces()).toBe(liveBefore)
  })
})
