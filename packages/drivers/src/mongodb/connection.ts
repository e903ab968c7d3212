import type { LookupFunction } from 'node:net'
import { suppress } from '@osprofiler/core'
import { clearTimeout, Set, setTimeout } from '@osprofiler/core/toolkit'
import type { Db, MongoClient } from 'mongodb'
import { loadClient } from '../opening/client-package.js'
import { checkFrames } from './check-frames.js'
import { type ClientSockets, createClientSockets } from './client-sockets.js'
import type { MongodbUrl } from './url.js'
import { type DescribeUnreachable, watchServers } from './watch-servers.js'

/** The database of Python's driver, whatever the connection string names: there it says where a user is known. */
const DATABASE = 'osprofiler'

/**
 * The client's connections, and those that watch its servers, keep a process alive. So they are closed when nothing
 * has used them for so long: a program that has ended its work ends this much later.
 */
const IDLE_MS = 1_000

/** A client that is connected while it is used. */
export interface MongodbConnection {
  /** Lends the database until `release` is called. Rejects where no server answers, or `end` comes before it is asked. */
  borrow(end?: AbortSignal): Promise<{ readonly db: Db; readonly client: typeof import('mongodb'); release(): void }>
  /** Why no server can be used, where that is known. */
  describeUnreachable(): string | undefined
  /** Closes what is open, unless somebody uses it. */
  closeUnused(): Promise<void>
  /** Closes what is open. */
  close(): Promise<void>
  /** Closes what is open, at once. */
  cut(): void
}

interface Open {
  readonly client: MongoClient
  readonly sockets: ClientSockets
  readonly connected: Promise<unknown>
}

/** With these options the client also opens sockets to a proxy, or to a service that lets it in. */
const speaksOtherwise = /[?&](?:proxyHost=|authMechanism=MONGODB-(?:AWS|OIDC)\b|authMechanism=GSSAPI\b)/i

/** Connects to nothing until it is borrowed. */
export function createMongodbConnection({ url, defaults }: MongodbUrl, lookup: LookupFunction): MongodbConnection {
  const closing = new Set<Open>()
  let open: Open | undefined
  let users = 0
  let idle: NodeJS.Timeout | undefined
  let describeUnreachable: DescribeUnreachable = () => undefined

  function connect({ MongoClient }: typeof import('mongodb')): Open {
    const sockets = createClientSockets(speaksOtherwise.test(url) ? () => undefined : checkFrames)
    const client = new MongoClient(url, { ...defaults, lookup })
    describeUnreachable = watchServers(client)
    return { client, sockets, connected: sockets.watch(() => client.connect()) }
  }

  async function close(): Promise<void> {
    clearTimeout(idle)
    if (open === undefined) return
    const ending = open
    open = undefined
    closing.add(ending)
    await ending.client.close().catch(() => undefined)
    cutOff(ending)
    closing.delete(ending)
  }

  return {
    async borrow(end) {
      const client = await loadClient('mongodb')
      end?.throwIfAborted()
      users++
      clearTimeout(idle)
      let released = false
      const release = () => {
        if (released) return
        released = true
        users--
        if (users === 0) idle = suppress(() => setTimeout(() => void close(), IDLE_MS)).unref()
      }
      try {
        // In nobody's trace: connections outlive the request in whose context they are made.
        open ??= suppress(() => connect(client))
        const { connected, client: mongo } = open
        await connected
        return { db: mongo.db(DATABASE), client, release }
      } catch (error) {
        await close()
        release()
        throw error
      }
    },
    describeUnreachable: () => describeUnreachable(),
    async closeUnused() {
      if (users === 0) await close()
    },
    close,
    cut() {
      void close()
      for (const ending of closing) cutOff(ending)
    },
  }
}

/** The part of a client that has its connections and timers. */
interface Topology {
  close(): void
}

/**
 * Takes its connections and timers from a client. `close()` of the client first tells the server of its sessions, and with
 * a server that hangs it tries that again and again.
 */
function cutOff({ client, sockets }: Open): void {
  const { topology } = client as unknown as { readonly topology?: Topology | undefined }
  topology?.close()
  sockets.destroy()
}
