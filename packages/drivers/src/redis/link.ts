import { connect as connectPlain, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { suppress } from '@osprofiler/core'
import { Error, performance, Set, setImmediate } from '@osprofiler/core/toolkit'
import type { Redis, RedisOptions } from 'ioredis'
import { withDeadline } from '../lifetime/deadline.js'
import { readCertificateFile } from '../opening/certificate-file.js'
import { loadClient } from '../opening/client-package.js'
import type { Host } from '../opening/connection-url.js'
import type { RedisLogin, RedisSettings, RedisTls } from './url.js'

/** A Redis command: the name of the client's method, and its arguments. */
export type RedisCommand = readonly [name: string, ...words: (string | number)[]]

/**
 * The outcome of a command: its answer, a refusal that changed nothing, or `lost` if the connection ended before the
 * answer.
 */
export type RedisReply =
  | { readonly outcome: 'done'; readonly value: unknown }
  | { readonly outcome: 'refused'; readonly error: Error }
  | { readonly outcome: 'lost'; readonly error: Error }

/** The connections of one store to its servers. */
export interface RedisLinks {
  open(host: Host, login: RedisLogin, db: number): Promise<RedisLink>
  /** Ends all connections, including those that are still being opened. */
  destroyAll(): void
  /**
   * The number of calls to `destroyAll`. A caller reads this number before it connects, and gives up if the number has
   * changed since then.
   */
  readonly destroyCount: number
}

/** A connection to one server. It does not keep the process alive. */
export interface RedisLink {
  readonly isOpen: boolean
  /** Sends the commands together, and resolves to their outcomes in the same order. Rejects if no command was sent. */
  send(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>
  close(): void
}

/**
 * After this idle time, a connection may have broken without notice. A ping then tests the connection before a batch is
 * sent.
 */
const MAX_UNTESTED_IDLE_MS = 1_000

/** How long the client waits for a connection to close. The client's own connector has the same default. */
const CLOSE_TIMEOUT_MS = 2_000

type ClientOptions = ReturnType<typeof toOptions> & { readonly Connector: ReturnType<typeof toConnector> }
type Client = Awaited<ReturnType<typeof loadClient<'ioredis'>>>

/** Prepares the connections of a store. The `ioredis` client is loaded on first use. */
export function createRedisLinks(settings: RedisSettings, lookup: LookupFunction): RedisLinks {
  const clients = new Set<Redis>()
  let destroyCalls = 0

  function prepare(options: ClientOptions, Client: typeof Redis): Redis {
    // A connection stays open after the request that opens it, so the connection must not belong to that request's
    // trace.
    const redis = suppress(() => new Client(options))
    clients.add(redis)
    redis.on('end', () => clients.delete(redis))
    return redis
  }

  return {
    async open(host, login, db) {
      const seen = destroyCalls
      const client = await loadClient('ioredis')
      const options = { ...toOptions(host, settings), Connector: toConnector(client, host, settings, lookup) }
      if (destroyCalls !== seen) throw new Error('the attempt was canceled')
      const redis = prepare(options, client.Redis)
      return await connectAndLogIn(redis, login, db, settings).catch(error => {
        clients.delete(redis)
        throw error
      })
    },
    destroyAll() {
      destroyCalls++
      for (const client of clients) destroyConnection(client)
    },
    get destroyCount() {
      return destroyCalls
    },
  }
}

/**
 * Returns options that turn off the client's retries, which could write a batch twice. The options also turn off the
 * client's own login, which prints a warning if no password is set.
 */
function toOptions({ host, port }: Host, { connectTimeoutMs, tls }: RedisSettings) {
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
    connectTimeout: connectTimeoutMs,
    // An empty object makes the client wait for the end of the TLS handshake. The connector has the actual TLS options.
    ...(tls === undefined ? {} : { tls: {} }),
    // With protocol 2, the client does not send `HELLO`, the command for protocol 3. A server refuses `HELLO` before
    // the login.
    protocol: 2,
  } satisfies RedisOptions
}

/** Creates a connector for the client. The client's own connector does not pass on the option `lookup`. */
function toConnector(client: Client, { host, port }: Host, { tls }: RedisSettings, lookup: LookupFunction) {
  const { AbstractConnector } = client
  const address = { host, port, lookup }

  return class extends AbstractConnector {
    constructor() {
      super(CLOSE_TIMEOUT_MS)
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

async function connectAndLogIn(
  redis: Redis,
  login: RedisLogin,
  db: number,
  settings: RedisSettings,
): Promise<RedisLink> {
  let reason: Error | undefined
  redis.on('error', error => {
    reason = error
  })
  async function connect(): Promise<RedisLink> {
    const connecting = suppress(() => redis.connect())
    // The client creates its socket slightly later, so `unref` is called in `setImmediate`. A server that does not
    // answer the TLS handshake must not keep the process alive.
    setImmediate(() => redis.stream?.unref()).unref()
    await connecting
    const link = createLink(redis, settings.replyTimeoutMs)
    await logIn(link, login, db)
    return link
  }
  return await withDeadline(settings.connectTimeoutMs, () => destroyConnection(redis), connect).catch(error => {
    destroyConnection(redis)
    throw reason ?? error
  })
}

/**
 * Ends a connection immediately. Without this function, the client would wait for a server that hangs, and keep the
 * process alive.
 */
function destroyConnection(redis: Redis): void {
  // If the connection has already ended, `disconnect` would make the client wait two seconds for its end.
  if (redis.stream?.destroyed) return
  redis.disconnect()
  redis.stream?.destroy()
}

function createLink(redis: Redis, replyTimeoutMs: number): RedisLink {
  let lastUse = performance.now()
  redis.stream.unref()

  async function exchange(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]> {
    const batch = commands.map(command => [...command])
    const send = () => suppress(() => redis.pipeline(batch).exec())
    const replies = await withDeadline(replyTimeoutMs, () => destroyConnection(redis), send).finally(() => {
      lastUse = performance.now()
    })
    return (replies ?? []).map(([error, value]) => toReply(error, value))
  }

  return {
    get isOpen() {
      return redis.status === 'ready'
    },
    async send(commands) {
      if (performance.now() - lastUse > MAX_UNTESTED_IDLE_MS) {
        const [reply] = await exchange([['ping']])
        if (reply?.outcome === 'lost') throw reply.error
      }
      if (redis.status !== 'ready') throw new Error('Connection is closed.')
      return await exchange(commands)
    },
    close: () => destroyConnection(redis),
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
  // The ping tests whether the user may run commands. A server that requires a password refuses the first command of a
  // user who gave no password.
  commands.push(['ping'])
  const replies = await link.send(commands)
  for (const [index, reply] of replies.entries()) {
    if (reply.outcome === 'done') continue
    if (commands[index]?.[0] === 'auth' && needsNoPassword(reply.error)) continue
    throw reply.error
  }
}

/** Returns whether the server requires no password although the user gave one. As in Python, this is not an error. */
function needsNoPassword({ message }: Error): boolean {
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
