import { createServer, type Server, type Socket } from 'node:net'
import { startKafka } from './kafka.js'
import { startMariadb } from './mariadb.js'
import { startPostgresql } from './postgresql.js'
import { startRabbitmq } from './rabbitmq.js'
import { startSearchServer } from './search.js'
import type { SearchServerName } from './search-programs.js'
import type { TestServer } from './start-server.js'

/** The name of a server that test files share. */
export type SharedServerName = 'kafka' | 'mariadb' | 'postgresql' | 'rabbitmq' | SearchServerName

/** A request from a test file, either to use a server or to call one of its functions. */
export interface SharedServerRequest {
  readonly server: SharedServerName
  readonly method?: string
  readonly args?: readonly string[]
}

/** The virtual hosts on the shared RabbitMQ server. Each test file that shares the server uses one. */
export const RABBITMQ_HOSTS = Array.from({ length: 16 }, (_, index) => `shared-${index}`)

const STARTERS: Readonly<Record<SharedServerName, () => Promise<TestServer>>> = {
  kafka: startKafka,
  mariadb: startMariadb,
  // Test files open several pools at once, and PostgreSQL accepts only 100 connections by default.
  postgresql: () => startPostgresql({ settings: { max_connections: '300' } }),
  rabbitmq: () => startRabbitmq({ vhosts: RABBITMQ_HOSTS }),
  elasticsearch7: () => startSearchServer('elasticsearch7'),
  elasticsearch8: () => startSearchServer('elasticsearch8'),
  elasticsearch9: () => startSearchServer('elasticsearch9'),
  opensearch2: () => startSearchServer('opensearch2'),
  opensearch3: () => startSearchServer('opensearch3'),
}

/** Gives test files, which run in separate processes, access to shared servers. */
export interface SharedServers {
  /** The port for test files' requests. */
  readonly port: number
  /** Stops all servers that were started. */
  stop(): Promise<void>
}

/** Waits for requests from test files. A server starts when it is first requested. */
export async function openSharedServers(): Promise<SharedServers> {
  const started = new Map<SharedServerName, Promise<TestServer>>()
  const users = new Map<SharedServerName, number>()
  const listener = createServer({ allowHalfOpen: true }, serve)
  await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: readPort(listener),
    async stop() {
      listener.close()
      await Promise.all([...started.values()].map(async server => (await server).stop()))
    },
  }

  function serve(socket: Socket): void {
    let request = ''
    socket.setEncoding('utf8').on('data', chunk => {
      request += chunk
    })
    socket.once('end', () => void answer(socket, request))
    // A test file may be killed before it has received its response.
    socket.on('error', () => undefined)
  }

  async function answer(socket: Socket, request: string): Promise<void> {
    try {
      socket.end(JSON.stringify({ answer: await carryOut(JSON.parse(request)) }))
    } catch (error) {
      socket.end(JSON.stringify({ error: String(error) }))
    }
  }

  async function carryOut({ server: name, method, args = [] }: SharedServerRequest): Promise<unknown> {
    const server = await start(name)
    if (method === undefined) return { ...server, user: countUser(name) }
    const member: unknown = Reflect.get(server, method)
    if (typeof member !== 'function') throw new TypeError(`${name} has no function ${method}`)
    return await member(...args)
  }

  function countUser(name: SharedServerName): number {
    const user = users.get(name) ?? 0
    users.set(name, user + 1)
    return user
  }

  function start(name: SharedServerName): Promise<TestServer> {
    const server = started.get(name) ?? STARTERS[name]()
    started.set(name, server)
    return server
  }
}

function readPort(listener: Server): number {
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('No port was given')
  return address.port
}
