import { connect as connectPlain, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { suppress } from '@osprofiler/core'
import { Error, performance, Set, setImmediate } from '@osprofiler/core/toolkit'
import type { Redis, RedisOptions } from 'ioredis'
import { withDeadline } from '../lifetime/deadline.js'
import { readCertificateFile } from '../opening/certificate-file.js'
import { loadClient } from '../opening/client-package.js'
import type { Host } from '../opening/connection-url.js'
import type { RedisLogin, RedisPlace, RedisTls } from './url.js'

/** A command of Redis: its name, as the client's method is called, and what it is given. */
export type RedisCommand = readonly [name: string, ...words: (string | number)[]]

/**
 * What became of a command: its answer; a refusal, by which nothing was done; or nobody knows, for the connection ended
 * while it was on its way.
 */
export type RedisReply =
  | { readonly outcome: 'done'; readonly value: unknown }
  | { readonly outcome: 'refused'; readonly error: Error }
  | { readonly outcome: 'lost'; readonly error: Error }

/** Opens connections, and ends all of them at once. */
export interface RedisLinks {
  /** Connects and logs in. */
  open(host: Host, login: RedisLogin, db: number): Promise<RedisLink>
  /** Ends those that are open and those that are being made. */
  cut(): void
  /** How often that was done: who was connecting before goes no further. */
  readonly cuts: number
}

/** A connection to one server. Does not keep a process alive. */
export interface RedisLink {
  /** False once it has broken: another one has to be made. */
  readonly isOpen: boolean
  /** Sends commands together. Rejects where none was sent; what became of each is told in their order otherwise. */
  send(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>
  close(): void
}

/** A connection that has not been used for so long may have broken unnoticed: it is tried before a batch depends on it. */
const IDLE_MS = 1_000

/** As the client has it by default. */
const CLOSE_MS = 2_000

type ClientOptions = ReturnType<typeof toOptions> & { readonly Connector: ReturnType<typeof toConnector> }
type Client = Awaited<ReturnType<typeof loadClient<'ioredis'>>>

/** Prepares connections to the servers of a place. */
export function createRedisLinks(place: RedisPlace, lookup: LookupFunction): RedisLinks {
  const clients = new Set<Redis>()
  let cuts = 0

  function prepare(options: ClientOptions, Client: typeof Redis): Redis {
    // In nobody's trace: a connection outlives the request in whose context it is made.
    const redis = suppress(() => new Client(options))
    clients.add(redis)
    redis.on('end', () => clients.delete(redis))
    return redis
  }

  return {
    async open(host, login, db) {
      const seen = cuts
      const client = await loadClient('ioredis')
      const options = { ...toOptions(host, place), Connector: toConnector(client, host, place, lookup) }
      if (cuts !== seen) throw new Error('nobody waits for it any longer')
      const redis = prepare(options, client.Redis)
      return await logInto(redis, login, db, place).catch(error => {
        clients.delete(redis)
        throw error
      })
    },
    cut() {
      cuts++
      for (const client of clients) end(client)
    },
    get cuts() {
      return cuts
    },
  }
}

/**
 * The client neither tries again nor sends anything again by itself, which could write a batch twice; nor does it log
 * in, for where a server knows no password it would print that.
 */
function toOptions({ host, port }: Host, { connectTimeout, tls }: RedisPlace) {
  return {
    host,
    port,
    lazyConnect: true,
    retryStrategy: null,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    disableClientInfo: true,
    connectTimeout,
    // What it says is for the connector; the client waits for the end of the handshake.
    ...(tls === undefined ? {} : { tls: {} }),
    // No `HELLO` of the client's own, which would ask for version 3 of the protocol and be refused without a password.
    protocol: 2,
  } satisfies RedisOptions
}

/** Makes the connection, since the client hands no `lookup` on. */
function toConnector(client: Client, { host, port }: Host, { tls }: RedisPlace, lookup: LookupFunction) {
  const { AbstractConnector } = client
  const address = { host, port, lookup }

  return class extends AbstractConnector {
    constructor() {
      super(CLOSE_MS)
    }

    override async connect(): Promise<Socket | TLSSocket> {
      this.connecting = true
      const stream = tls === undefined ? connectPlain(address) : connectTls({ ...address, ...readTls(tls) })
      stream.once('error', error => {
        this.firstError = error
      })
      this.stream = stream
      return stream
    }
  }
}

async function logInto(redis: Redis, login: RedisLogin, db: number, place: RedisPlace): Promise<RedisLink> {
  let reason: Error | undefined
  redis.on('error', error => {
    reason = error
  })
  async function connect(): Promise<RedisLink> {
    const connecting = suppress(() => redis.connect())
    // The client makes its socket a moment later. One that says nothing over TLS must not keep the process alive.
    setImmediate(() => redis.stream?.unref()).unref()
    await connecting
    const link = createLink(redis, place.replyTimeout)
    await logIn(link, login, db)
    return link
  }
  return await withDeadline(place.connectTimeout, () => end(redis), connect).catch(error => {
    end(redis)
    throw reason ?? error
  })
}

/** At once, where the client would wait for a server that hangs, and keep the process alive meanwhile. */
function end(redis: Redis): void {
  // Told a second time, the client would wait for the end of what has ended, for two seconds.
  if (redis.stream?.destroyed) return
  redis.disconnect()
  redis.stream?.destroy()
}

function createLink(redis: Redis, replyTimeout: number): RedisLink {
  let lastUse = performance.now()
  redis.stream.unref()

  async function exchange(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]> {
    const batch = commands.map(command => [...command])
    const send = () => suppress(() => redis.pipeline(batch).exec())
    const replies = await withDeadline(replyTimeout, () => end(redis), send).finally(() => {
      lastUse = performance.now()
    })
    return (replies ?? []).map(([error, value]) => toReply(error, value))
  }

  return {
    get isOpen() {
      return redis.status === 'ready'
    },
    async send(commands) {
      if (performance.now() - lastUse > IDLE_MS) {
        const [reply] = await exchange([['ping']])
        if (reply?.outcome === 'lost') throw reply.error
      }
      if (redis.status !== 'ready') throw new Error('Connection is closed.')
      return await exchange(commands)
    },
    close: () => end(redis),
  }
}

function toReply(error: Error | null, value: unknown): RedisReply {
  if (error === null) return { outcome: 'done', value }
  return { outcome: error.name === 'ReplyError' ? 'refused' : 'lost', error }
}

async function logIn(link: RedisLink, { username, password }: RedisLogin, db: number): Promise<void> {
  const commands: RedisCommand[] = []
  if (password !== undefined) commands.push(username === undefined ? ['auth', password] : ['auth', username, password])
  if (db !== 0) commands.push(['select', db])
  // Asks for leave, too: without a password that is wanted, the first command is refused.
  commands.push(['ping'])
  const replies = await link.send(commands)
  for (const [index, reply] of replies.entries()) {
    if (reply.outcome === 'done') continue
    if (commands[index]?.[0] === 'auth' && wantsNoPassword(reply.error)) continue
    throw reply.error
  }
}

/** One that needs no password is let be given one, as in Python. */
function wantsNoPassword({ message }: Error): boolean {
  return /no password is set|without any password configured/.test(message)
}

function readTls({ caFile, certificateFile, keyFile, verify, checkHost }: RedisTls) {
  const [ca, cert, key] = [caFile, certificateFile, keyFile].map(path => path && readCertificateFile(path))
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: verify,
    ...(checkHost ? {} : { checkServerIdentity: () => undefined }),
  }
}
