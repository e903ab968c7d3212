import { once } from 'node:events'
import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { setNotifier, withTrace } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import { afterEach, describe, expect, it } from 'vitest'
import { CursorFailed } from './context/failing-rows.js'
import { type Listening, listen } from './context/framework.js'
import { countLiveTraces } from './context/live-traces.js'
import { CLIENT_DISCONNECTED, CURSOR_FAILED, SERVER_TIMEOUT } from './context/recorded-ends.js'
import { recordTraces } from './context/recorded-traces.js'
import { KEY, signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'

/** How an upgraded connection ends, and whether the server or the client ends it. */
interface Situation {
  readonly what: string
  readonly serverDoes?: (socket: Socket) => void
  readonly clientDoes?: (socket: Socket) => void
  readonly recorded: object
}

const SITUATIONS: readonly Situation[] = [
  { what: 'closed by its client', clientDoes: socket => socket.end(), recorded: {} },
  { what: 'closed by the server', serverDoes: socket => socket.end(), recorded: {} },
  { what: 'destroyed by the server', serverDoes: socket => socket.destroy(), recorded: {} },
  { what: 'reset by its client', clientDoes: socket => socket.resetAndDestroy(), recorded: CLIENT_DISCONNECTED },
  {
    what: 'destroyed by the server with an error',
    serverDoes: socket => socket.destroy(new CursorFailed('cursor failed')),
    recorded: CURSOR_FAILED,
  },
  {
    what: 'timed out by the server',
    serverDoes: socket => socket.setTimeout(10, () => socket.destroy()),
    recorded: SERVER_TIMEOUT,
  },
]

describe('an upgraded connection', () => {
  const traced = osprofilerMiddleware(KEY)

  it.each(SITUATIONS)(
    "that is $what has its outcome recorded in its request's stop record",
    async ({ serverDoes, clientDoes, recorded }) => {
      const traces = recordTraces()
      const liveBefore = countLiveTraces()
      const node = createServer()
      node.on('upgrade', (req: IncomingMessage, socket: Socket) => {
        socket.on('error', () => {}).on('end', () => socket.end())
        // Some libraries run the middleware for an upgrade request with a response object that they create themselves.
        traced(req, new ServerResponse(req), () => {
          withTrace('greeting', () => socket.write(SWITCHING))
          socket.on('data', () => socket.write('echo'))
          if (serverDoes) setTimeout(() => serverDoes(socket), 10)
        })
      })
      server = await listen(node)
      const { baseId, headers } = signTrace()

      const client = connect(Number(new URL(server.url).port), '127.0.0.1').on('error', () => {})
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
      client.write(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n${lines.join('')}\r\n`)
      await once(client, 'data')
      client.resume()
      clientDoes?.(client)

      const records = await traces.whenServed(baseId)
      await pause(20)
      expect(outlineTrace(traces.of(baseId))).toBe('wsgi\n  greeting')
      const { host, points, ...info } = records.at(-1)?.info ?? {}
      expect(info).toEqual(recorded)
      expect(countLiveTraces()).toBe(liveBefore)
    },
  )
})
