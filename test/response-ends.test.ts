import { pipeline, Readable } from 'node:stream'
import { setNotifier } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import { CursorFailed, generateFailingRows } from './context/failing-rows.js'
import { fastifyApp } from './context/fastify-app.js'
import type { Listening, RawRoute } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { createGate } from './context/gate.js'
import { CLIENT_DISCONNECTED, CURSOR_FAILED, RESPONSE_ABORTED, RESPONSE_HEAD } from './context/recorded-ends.js'
import { later, type Situation } from './context/situation.js'
import { type ClientOptions, readRequestStop } from './context/stop-of-request.js'

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

const leaving: ClientOptions = { act: req => later(() => req.destroy()) }
const leavingWithData: ClientOptions = { read: req => req.destroy() }
const cursorFailed = (): CursorFailed => new CursorFailed('cursor failed')

const SITUATIONS: readonly Situation[] = [
  { what: 'is sent in one piece', route: (_, res) => res.end('whole'), recorded: RESPONSE_HEAD },
  {
    what: 'is sent completely as a stream',
    route: (_, res) => pipeline(Readable.from(['a', 'b']), res, () => {}),
    recorded: RESPONSE_HEAD,
  },
  {
    what: 'fails halfway in a pipeline',
    route: (_, res) => pipeline(Readable.from(generateFailingRows()), res, () => {}),
    recorded: { ...RESPONSE_HEAD, ...CURSOR_FAILED },
  },
  {
    what: 'fails halfway in a pipe, and is destroyed without the error',
    route: (_, res) => {
      const rows = Readable.from(generateFailingRows())
      rows.on('error', () => res.destroy()).pipe(res)
    },
    recorded: { ...RESPONSE_HEAD, ...CURSOR_FAILED },
  },
  {
    what: 'fails halfway in a pipe, and hangs until its client disconnects',
    route: (_, res) => {
      const rows = Readable.from(generateFailingRows())
      rows.on('error', () => res.write('no more rows')).pipe(res)
    },
    client: { read: (req, text) => text.includes('no more') && req.destroy() },
    recorded: { ...RESPONSE_HEAD, ...CURSOR_FAILED },
  },
  {
    what: 'fails halfway in a pipe, and is ended normally by the program',
    route: (_, res) => {
      const rows = Readable.from(generateFailingRows())
      rows.on('error', () => res.end('no more rows')).pipe(res)
    },
    recorded: RESPONSE_HEAD,
  },
  {
    what: 'is destroyed with an error',
    route: (_, res) => later(() => res.destroy(cursorFailed())),
    recorded: CURSOR_FAILED,
  },
  {
    what: 'is destroyed with the network error of another connection',
    route: (_, res) => later(() => res.destroy(Object.assign(cursorFailed(), { syscall: 'read' }))),
    recorded: CURSOR_FAILED,
  },
  {
    what: 'is destroyed after its headers',
    route: (_, res) => void (res.write('a') && later(() => res.destroy())),
    recorded: { ...RESPONSE_HEAD, ...RESPONSE_ABORTED },
  },
  {
    what: 'is destroyed before its headers',
    route: (_, res) => later(() => res.destroy()),
    recorded: RESPONSE_ABORTED,
  },
  {
    what: 'has its connection destroyed by the program',
    route: req => later(() => req.socket.destroy()),
    recorded: RESPONSE_ABORTED,
  },
  {
    what: 'has its connection destroyed by the program with an error',
    route: req => later(() => req.socket.destroy(cursorFailed())),
    recorded: CURSOR_FAILED,
  },
  {
    what: 'has its connection closed by a server that closes all connections',
    route: () => later(() => server && 'closeAllConnections' in server.server && server.server.closeAllConnections()),
    recorded: RESPONSE_ABORTED,
  },
  {
    what: 'is aborted by its client before its headers',
    route: () => {},
    client: leaving,
    recorded: CLIENT_DISCONNECTED,
  },
  {
    what: 'is aborted by its client after its headers were created, but before they were sent',
    route: (_, res) => res.writeHead(200),
    client: leaving,
    recorded: CLIENT_DISCONNECTED,
  },
  {
    what: 'is aborted by its client after early hints',
    route: (_, res) => res.writeEarlyHints({ link: '</style.css>; rel=preload' }),
    client: leaving,
    recorded: CLIENT_DISCONNECTED,
  },
  {
    what: 'is aborted by its client after its headers',
    route: (_, res) => res.write('a'),
    client: leavingWithData,
    recorded: { ...RESPONSE_HEAD, ...CLIENT_DISCONNECTED },
  },
  {
    what: 'is reset by its client',
    route: () => {},
    client: { act: (_, socket) => later(() => socket.resetAndDestroy()) },
    recorded: CLIENT_DISCONNECTED,
  },
  {
    what: 'is aborted by its client while the request body is being read',
    route: (req, res) => pipeline(req, res, () => {}),
    client: { ...leavingWithData, halfBody: 'half' },
    recorded: { ...RESPONSE_HEAD, ...CLIENT_DISCONNECTED },
  },
  {
    what: 'is aborted by its client, and is then destroyed by the program with an error',
    route: (req, res) => void (res.write('a') && req.on('aborted', () => res.destroy(cursorFailed()))),
    client: leavingWithData,
    recorded: { ...RESPONSE_HEAD, ...CLIENT_DISCONNECTED },
  },
  {
    what: 'follows garbage from its client in the middle of the request body',
    route: req => req.on('error', () => {}).resume(),
    client: { halfBody: 'half', act: (_, socket) => later(() => socket.write('no chunk\r\n')) },
    recorded: { etype: 'Error', message: expect.stringContaining('Parse Error') },
  },
  {
    what: 'is written to the connection directly by the program',
    route: req => void (req.socket.write('HTTP/1.1 200 OK\r\n\r\nwritten by hand') && later(() => req.socket.end())),
    recorded: {},
  },
]

describe.each(frameworks)('a response of $name', framework => {
  // Fastify reads the whole body before it calls the handler, so it never sees an incomplete body.
  const possible = SITUATIONS.filter(({ client }) => framework !== fastifyApp || client?.halfBody === undefined)

  it.each(possible)(
    'that $what has exactly one recorded outcome, in the stop record',
    async ({ route, recorded, client }) => {
      const answer: RawRoute = (req, res) => {
        // Koa sets the status to 404 before it calls the handlers.
        res.statusCode = 200
        route(req, res)
        reached.open()
      }
      const reached = createGate()
      server = await framework.serve({ rawRoutes: { '/': answer } })

      const info = await readRequestStop(server, client, reached.opened)

      expect(info).toEqual(recorded)
    },
  )
})
