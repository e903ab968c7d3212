import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import * as http2 from 'node:http2'
import { type ClientHttp2Session, type ClientHttp2Stream, constants, type Http2Server } from 'node:http2'
import { pipeline, Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { setNotifier } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { afterEach, describe, expect, it } from 'vitest'
import { CursorFailed, generateFailingRows } from './context/failing-rows.js'
import { type Listening, listen } from './context/framework.js'
import { openSession } from './context/http2-session.js'
import { countLiveTraces } from './context/live-traces.js'
import {
  CLIENT_DISCONNECTED,
  CURSOR_FAILED,
  RESPONSE_ABORTED,
  RESPONSE_HEAD,
  SERVER_TIMEOUT,
} from './context/recorded-ends.js'
import { recordTraces } from './context/recorded-traces.js'
import { KEY, signTrace } from './context/signed-request.js'
import { later } from './context/situation.js'
import { outlineTrace } from './context/trace-outline.js'

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
  /** Expected info in the stop record for GET. `recordedForHead` is the info for HEAD, if it differs. */
  readonly recorded: object
  readonly recordedForHead?: object
  /**
   * Set if the situation is impossible for HEAD, because a response without a body cannot fail halfway or be read from
   * a file.
   */
  readonly getOnly?: true
  readonly client?: (stream: ClientHttp2Stream, session: ClientHttp2Session) => void
  readonly prepare?: (server: Http2Server) => void
}

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants
const cursorFailed = (): CursorFailed => new CursorFailed('cursor failed')
const never: Answer = () => {}

const SITUATIONS: readonly Situation[] = [
  { what: 'is sent in one piece', answer: (_, res) => res.end('whole'), recorded: RESPONSE_HEAD },
  {
    what: 'is sent directly on the HTTP/2 stream',
    answer: (_, res) => res.stream.respond({ ':status': 202 }, { endStream: true }),
    recorded: { response: expect.objectContaining({ status_code: 202 }) },
  },
  {
    what: 'is sent directly on the HTTP/2 stream from a file',
    answer: (_, res) => res.stream.respondWithFile(fileURLToPath(import.meta.url)),
    recorded: RESPONSE_HEAD,
    getOnly: true,
  },
  {
    what: 'pushes another stream',
    answer: (_, res) => {
      res.stream.pushStream({ ':path': '/pushed' }, (_error, pushed) => pushed?.respond({}, { endStream: true }))
      res.end('whole')
    },
    recorded: RESPONSE_HEAD,
  },
  {
    what: 'is sent in one piece, and closed by the program',
    answer: (_, res) => res.end('whole', () => res.stream?.close()),
    recorded: RESPONSE_HEAD,
  },
  {
    what: 'is aborted by its client, which cancels the stream',
    answer: never,
    client: stream => later(() => stream.close(NGHTTP2_CANCEL)),
    recorded: CLIENT_DISCONNECTED,
  },
  {
    what: 'is aborted by its client, which closes the stream',
    answer: never,
    client: stream => later(() => stream.close(NGHTTP2_NO_ERROR)),
    recorded: CLIENT_DISCONNECTED,
  },
  {
    what: 'is aborted by its client, which destroys its session',
    answer: never,
    client: (_, client) => later(() => client.destroy()),
    recorded: CLIENT_DISCONNECTED,
  },
  {
    what: 'is aborted by its client, which destroys its session with an error',
    answer: never,
    client: (_, client) => later(() => client.destroy(undefined, NGHTTP2_INTERNAL_ERROR)),
    recorded: CLIENT_DISCONNECTED,
  },
  { what: 'is destroyed', answer: (_, res) => later(() => res.destroy()), recorded: RESPONSE_ABORTED },
  {
    what: 'is destroyed with an error',
    answer: (_, res) => later(() => res.destroy(cursorFailed())),
    recorded: CURSOR_FAILED,
  },
  {
    what: 'has its stream closed by the program',
    answer: (_, res) => later(() => res.stream.close(NGHTTP2_INTERNAL_ERROR)),
    recorded: RESPONSE_ABORTED,
  },
  {
    what: 'has its stream cancelled by the program',
    answer: (_, res) => later(() => res.stream.close(NGHTTP2_CANCEL)),
    recorded: RESPONSE_ABORTED,
  },
  {
    what: 'has its session destroyed by the program',
    answer: (_, res) => later(() => res.stream.session?.destroy()),
    recorded: RESPONSE_ABORTED,
  },
  {
    what: 'times out',
    answer: (_, res) => res.setTimeout(10, () => res.stream.close(NGHTTP2_CANCEL)),
    recorded: SERVER_TIMEOUT,
  },
  {
    what: 'outlives a time-out, and is aborted much later for another reason',
    answer: (_, res) => res.setTimeout(10, () => setTimeout(() => res.stream.close(NGHTTP2_CANCEL), 1_300)),
    recorded: RESPONSE_ABORTED,
  },
  {
    what: "exceeds the server's time limit",
    answer: never,
    prepare: node => node.setTimeout(400),
    recorded: SERVER_TIMEOUT,
  },
  {
    what: 'fails halfway in a pipeline',
    answer: (_, res) => pipeline(Readable.from(generateFailingRows()), res, () => {}),
    recorded: { ...RESPONSE_HEAD, ...CURSOR_FAILED },
    getOnly: true,
  },
  {
    what: 'fails halfway in a pipeline to the HTTP/2 stream',
    answer: (_, res) => {
      res.stream.respond()
      pipeline(Readable.from(generateFailingRows()), res.stream, () => {})
    },
    recorded: { ...RESPONSE_HEAD, ...CURSOR_FAILED },
    getOnly: true,
  },
  {
    what: 'is aborted by its client after its headers',
    answer: (_, res) => res.write('a'),
    client: stream => stream.on('data', () => stream.close(NGHTTP2_CANCEL)),
    recorded: { ...RESPONSE_HEAD, ...CLIENT_DISCONNECTED },
    recordedForHead: RESPONSE_HEAD,
  },
]

describe.each(['GET', 'HEAD'])('an HTTP/2 response to %s', method => {
  const possible = SITUATIONS.filter(({ getOnly }) => method === 'GET' || getOnly === undefined)

  it.each(possible)(
    'that $what has exactly one recorded outcome, in the stop record',
    async ({ answer, recorded, recordedForHead, client, prepare }) => {
      const traces = recordTraces()
      const liveBefore = countLiveTraces()
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
      expect(outlineTrace(traces.of(baseId))).toBe('wsgi')
      const { host, points, ...info } = records.at(-1)?.info ?? {}
      expect(info).toEqual(method === 'HEAD' ? (recordedForHead ?? recorded) : recorded)
      expect(countLiveTraces()).toBe(liveBefore)
    },
  )
})
