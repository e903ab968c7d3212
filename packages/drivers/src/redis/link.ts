import { readFile } from 'node:fs/promises'
import { suppress } from '@osprofiler/core'
import { clearTimeout, Error, Promise, performance, setTimeout } from '@osprofiler/core/toolkit'
import type { Redis, RedisOptions } from 'ioredis'
import { loadClient } from '../client-package.js'
import type { Host } from '../connection-url.js'
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

/** A connection to one server. Keeps a process alive only while it waits for an answer, and for some seconds at most. */
export interface RedisLink {
  /** False once it has broken: another one has to be made. */
  readonly isOpen: boolean
  /** Sends commands together. Rejects where none was sent; what became of each is told in their order otherwise. */
  send(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]>
  close(): void
}

/** A connection that has not been used for so long may have broken unnoticed: it is tried before a batch depends on it. */
const IDLE_MS = 1_000
/** A program that has nothing else to do waits no longer for a server that hangs. */
const HOLD_MS = 5_000

/**
 * Connects and logs in. The client neither tries again nor sends anything again by itself, which could write a batch
 * twice; nor does it log in, for where a server knows no password it would print that.
 */
export async function openRedisLink(
  { host, port }: Host,
  login: RedisLogin,
  db: number,
  place: RedisPlace,
): Promise<RedisLink> {
  const ioredis = await loadClient('ioredis', () => import('ioredis'))
  const { connectTimeout, replyTimeout } = place
  const options = {
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
    ...(place.tls === undefined ? {} : { tls: await loadTls(place.tls) }),
    // No `HELLO` of the client's own, which would ask for version 3 of the protocol and be refused without a password.
    protocol: 2,
  } satisfies RedisOptions
  // In nobody's trace: a connection outlives the request in whose context it is made.
  const redis = suppress(() => new ioredis.Redis(options))
  let reason: Error | undefined
  redis.on('error', error => {
    reason = error
  })
  const deadline = setTimeout(() => end(redis), connectTimeout)
  try {
    await suppress(() => redis.connect())
    const link = createLink(redis, replyTimeout)
    await logIn(link, login, db)
    return link
  } catch (error) {
    end(redis)
    throw reason ?? error
  } finally {
    clearTimeout(deadline)
  }
}

/** At once, where the client would wait for a server that hangs, and keep the process alive meanwhile. */
function end(redis: Redis): void {
  // Told a second time, the client would wait for the end of what has ended, for two seconds.
  if (redis.stream?.destroyed) return
  redis.disconnect()
  redis.stream?.destroy()
}

function createLink(redis: Redis, replyTimeout: number): RedisLink {
  let underWay = 0
  let lastUse = performance.now()
  redis.stream.unref()

  async function exchange(commands: readonly RedisCommand[]): Promise<readonly RedisReply[]> {
    if (underWay++ === 0) redis.stream.ref()
    const deadline = setTimeout(() => end(redis), replyTimeout).unref()
    const hold = setTimeout(() => redis.stream.unref(), HOLD_MS).unref()
    try {
      const batch = commands.map(command => [...command])
      const replies = await suppress(() => redis.pipeline(batch).exec())
      return (replies ?? []).map(([error, value]) => toReply(error, value))
    } finally {
      clearTimeout(deadline)
      clearTimeout(hold)
      lastUse = performance.now()
      if (--underWay === 0) redis.stream.unref()
    }
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

async function loadTls({ caFile, certificateFile, keyFile, verify, checkHost }: RedisTls) {
  const [ca, cert, key] = await Promise.all([caFile, certificateFile, keyFile].map(loadFile))
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    rejectUnauthorized: verify,
    ...(checkHost ? {} : { checkServerIdentity: () => undefined }),
  }
}

async function loadFile(path: string | undefined): Promise<Buffer | undefined> {
  return path === undefined ? undefined : await readFile(path)
}
