import { once } from 'node:events'
import { createServer, connect as openSocket, type Server, type Socket } from 'node:net'
import { findFreePort } from './free-port.js'

/** A proxy in front of a server. Tests can delay its data, break its connections, and make it refuse connections. */
export interface Proxy {
  readonly host: string
  readonly port: number
  /** From now on, delays all data in both directions by the given number of milliseconds. 0 ends the delay. */
  delay(milliseconds: number): void
  /** Breaks all open connections. New connections are still accepted. */
  cut(): void
  /** Breaks one connection, after the given number of further bytes has been sent to the server. */
  cutAfter(bytes: number): void
  /** Breaks all open connections and refuses new ones. */
  refuse(): Promise<void>
  /** Accepts connections again, and ends the delay of data. */
  heal(): Promise<void>
  /** Number of bytes that have been sent to the server so far. */
  readonly bytesSent: number
  stop(): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly server: Socket
}

/** Opens a proxy to a server on 127.0.0.1. The proxy does not keep the process alive. */
export async function startProxy(target: { readonly host: string; readonly port: number }): Promise<Proxy> {
  const port = await findFreePort()
  const links = new Set<Link>()
  let listener: Server | undefined
  let milliseconds = 0
  let bytesSent = 0
  let bytesLeft = Number.POSITIVE_INFINITY

  const proxy: Proxy = {
    host: '127.0.0.1',
    port,
    delay(by) {
      milliseconds = by
    },
    cut() {
      for (const link of links) breakLink(link)
    },
    cutAfter(bytes) {
      bytesLeft = bytes
    },
    async refuse() {
      const closing = listener
      listener = undefined
      closing?.close()
      proxy.cut()
      if (closing !== undefined) await once(closing, 'close')
    },
    async heal() {
      milliseconds = 0
      bytesLeft = Number.POSITIVE_INFINITY
      listener ??= await listen(port, accept)
    },
    get bytesSent() {
      return bytesSent
    },
    stop: () => proxy.refuse(),
  }
  await proxy.heal()
  return proxy

  function accept(client: Socket): void {
    const link = { client, server: openSocket(target.port, target.host) }
    const toServer = orderly()
    const toClient = orderly()
    links.add(link)
    for (const socket of [link.client, link.server]) {
      socket.unref()
      socket.setNoDelay(true)
      socket.on('error', () => breakLink(link))
      socket.on('close', () => links.delete(link))
    }
    client.on('data', chunk => sendOn(link, chunk, toServer))
    client.on('close', () => toServer(() => link.server.end()))
    link.server.on('data', chunk => toClient(() => client.write(chunk)))
    link.server.on('close', () => toClient(() => client.end()))
  }

  function sendOn(link: Link, chunk: Buffer, toServer: (act: () => void) => void): void {
    const allowed = chunk.subarray(0, bytesLeft)
    bytesSent += allowed.length
    bytesLeft -= allowed.length
    toServer(() => link.server.write(allowed))
    if (bytesLeft > 0) return
    bytesLeft = Number.POSITIVE_INFINITY
    // The server still receives the bytes up to the limit, but the client cannot know this.
    link.client.destroy()
  }

  /** Returns a function that runs actions in order, each after the proxy's delay. */
  function orderly(): (act: () => void) => void {
    const waiting: (() => void)[] = []
    return act => {
      if (milliseconds === 0 && waiting.length === 0) return act()
      waiting.push(act)
      setTimeout(() => waiting.shift()?.(), milliseconds).unref()
    }
  }
}

function breakLink({ client, server }: Link): void {
  client.resetAndDestroy()
  server.destroy()
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer(accept).listen(port, '127.0.0.1').unref()
  await once(server, 'listening')
  return server
}
