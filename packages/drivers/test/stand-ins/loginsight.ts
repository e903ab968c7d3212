// A stand-in for VMware's Log Insight, which is not available. It implements the sessions, ingestion and queries of the
// documented REST API over real sockets. One port uses TLS with a generated certificate. The other port, for Python's
// driver, does not use TLS. The stand-in keeps events in memory, and refuses every path, operator or member that it
// does not know. One test also runs against a real server if OSPROFILER_TEST_LOGINSIGHT_URL names it.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import { findFreePort } from '../../../../test/servers/free-port.js'
import { makeCertificate } from '../../../../test/servers/make-certificate.js'
import { ingestEvents, LogInsightRefusal, parseBody, queryEvents, type StoredEvent } from './loginsight-events.js'
import { readBody } from './read-body.js'

export interface LogInsightStandIn {
  readonly host: string
  /** The port with TLS. */
  readonly port: number
  /** The port without TLS. */
  readonly plainPort: number
  readonly certificateFile: string
  readonly events: StoredEvent[]
  /** Chooses the answer to a request. If the function returns undefined, the stand-in answers by itself. */
  intercept:
    | ((method: string, path: string, body: string) => { readonly status: number; readonly body: object } | undefined)
    | undefined
  /** Ends every session, as if it had expired. */
  endSessions(): void
  kill(): Promise<void>
  restart(): Promise<void>
}

export const USERNAME = 'tracer'
export const PASSWORD = 'p@ss:word/é'

/** Starts the stand-in on two new ports. Creates its certificate in `folder`. */
export async function startLogInsight(folder: string): Promise<LogInsightStandIn> {
  const { certificateFile, keyFile } = await makeCertificate(folder)
  const tls = { cert: readFileSync(certificateFile), key: readFileSync(keyFile) }
  const [port, plainPort] = [await findFreePort(), await findFreePort()]
  const sessions = new Map<string, boolean>()
  const sockets = new Set<Socket>()
  let servers: Server[] = []

  const standIn: LogInsightStandIn = {
    host: '127.0.0.1',
    port,
    plainPort,
    certificateFile,
    events: [],
    intercept: undefined,
    endSessions() {
      for (const id of sessions.keys()) sessions.set(id, false)
    },
    async kill() {
      const closing = servers
      servers = []
      for (const server of closing) server.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all(closing.map(server => once(server, 'close')))
    },
    async restart() {
      if (servers.length > 0) return
      servers = [
        createTlsServer(tls, serve).on('connection', keep).listen(port, '127.0.0.1'),
        createServer(serve).on('connection', keep).listen(plainPort, '127.0.0.1'),
      ]
      await Promise.all(servers.map(server => once(server.unref(), 'listening')))
    },
  }
  await standIn.restart()
  return standIn

  function keep(socket: Socket): void {
    sockets.add(socket.unref())
    socket.on('close', () => sockets.delete(socket))
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request)
    if (text === undefined) return
    const { status, body } = answer(request, text)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

  function answer(request: IncomingMessage, text: string): { readonly status: number; readonly body: object } {
    const { method = '', url = '' } = request
    try {
      return standIn.intercept?.(method, url, text) ?? { status: 200, body: route(method, url, request, text) }
    } catch (error) {
      if (!(error instanceof LogInsightRefusal)) throw error
      return { status: error.status, body: { errorMessage: error.message } }
    }
  }

  function route(method: string, url: string, request: IncomingMessage, text: string): object {
    const { pathname, searchParams } = new URL(url, 'http://stand-in')
    if (method === 'POST' && pathname === '/api/v1/sessions') return login(parseBody(text))
    if (method === 'POST' && /^\/api\/v1\/events\/ingest\/[0-9A-Fa-f-]{36}$/.test(pathname)) {
      // A write needs no session. If a write names a session, the session must exist.
      if (sessionOf(request) !== undefined) checkSession(request)
      return { status: 'ok', message: 'events ingested', ingested: ingestEvents(standIn.events, text) }
    }
    checkSession(request)
    if (method === 'GET' && pathname === '/api/v1/sessions/current') return {}
    const [, path] = /^\/api\/v1\/events\/(.+)$/.exec(pathname) ?? []
    if (method !== 'GET' || path === undefined)
      throw new LogInsightRefusal(404, `No such service: ${method} ${pathname}`)
    return { complete: true, duration: 1, events: queryEvents(standIn.events, path, searchParams) }
  }

  function login({ username, password }: Record<string, unknown>): object {
    if (username !== USERNAME || password !== PASSWORD)
      throw new LogInsightRefusal(401, 'Invalid username or password.')
    const sessionId = randomBytes(24).toString('base64')
    sessions.set(sessionId, true)
    return { userId: 'stand-in', sessionId, ttl: 1_800 }
  }

  function checkSession(request: IncomingMessage): void {
    const live = sessions.get(sessionOf(request) ?? '')
    if (live === undefined) throw new LogInsightRefusal(401, 'Invalid session ID')
    if (!live) throw new LogInsightRefusal(440, 'Login Timeout')
  }
}

function sessionOf({ headers }: IncomingMessage): string | undefined {
  const [, bearer] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? []
  return bearer ?? headers['x-li-session-id']?.toString()
}
