import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** A request as it arrived at the server. */
export interface Arrived {
  readonly url: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
}

/**
 * A server for tests of HTTP clients. Each path behaves differently: for example, `/never` never responds, and `/cut`
 * breaks off its response.
 */
export interface OriginServer extends AsyncDisposable {
  readonly port: number
  readonly origin: string
  readonly arrived: Arrived[]
  readonly connections: () => number
  /** Sends the second half of each pending response of `/halves`. */
  release(): void
}

/** Events that change the protocol of a connection, and the server's responses to these events. */
const TAKEN_OVER = {
  upgrade: 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n',
  connect: 'HTTP/1.1 200 Connected\r\n\r\n',
}

export async function openOrigin(): Promise<OriginServer> {
  const arrived: Arrived[] = []
  const releases: (() => void)[] = []
  let connections = 0
  const server: Server = createServer((req, res) => {
    const { url = '', method = '', headers, rawHeaders } = req
    arrived.push({ url, method, headers, rawHeaders })
    const { pathname, searchParams } = new URL(url, 'http://origin')
    if (pathname === '/redirect') return res.writeHead(302, { location: searchParams.get('to') ?? '/ok' }).end('moved')
    if (pathname === '/status') return res.writeHead(Number(searchParams.get('code'))).end('status')
    if (pathname === '/slow') return setTimeout(() => res.end('slow'), Number(searchParams.get('ms') ?? 20))
    if (pathname === '/never') return
    if (pathname === '/big') {
      return setTimeout(() => res.writeHead(503).end(Buffer.alloc(4_000_000)), Number(searchParams.get('ms') ?? 0))
    }
    if (pathname === '/cut') {
      res.writeHead(200, { 'content-length': '100' }).write('half')
      return setTimeout(() => req.socket.destroy(), 20)
    }
    if (pathname === '/halves') {
      res.write('one ')
      releases.push(() => res.end('two'))
      return
    }
    return req.resume().on('end', () => res.end('ok'))
  })
  const sockets = new Set<Duplex>()
  server.on('connection', socket => {
    connections++
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  for (const [event, head] of Object.entries(TAKEN_OVER)) {
    server.on(event, ({ url = '', method = '', headers, rawHeaders }: IncomingMessage, socket: Duplex) => {
      arrived.push({ url, method, headers, rawHeaders })
      socket.on('error', () => undefined)
      socket.write(head)
    })
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    arrived,
    connections: () => connections,
    release() {
      for (const release of releases.splice(0)) release()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
