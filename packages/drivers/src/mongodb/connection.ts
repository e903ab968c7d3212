import { suppress } from '@osprofiler/core'
import { clearTimeout, setTimeout } from '@osprofiler/core/toolkit'
import type { Db, MongoClient } from 'mongodb'
import { loadClient } from '../client-package.js'
import type { MongodbUrl } from './url.js'

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
  /** Closes what is open, unless somebody uses it. */
  closeUnused(): Promise<void>
  /** Closes what is open. */
  close(): Promise<void>
}

interface Open {
  readonly client: MongoClient
  readonly connected: Promise<unknown>
}

/** Connects to nothing until it is borrowed. */
export function createMongodbConnection({ url, defaults }: MongodbUrl): MongodbConnection {
  let open: Open | undefined
  let users = 0
  let idle: NodeJS.Timeout | undefined

  function connect({ MongoClient }: typeof import('mongodb')): Open {
    const client = new MongoClient(url, defaults)
    return { client, connected: client.connect() }
  }

  async function close(): Promise<void> {
    clearTimeout(idle)
    const { client } = open ?? {}
    open = undefined
    await client?.close().catch(() => undefined)
  }

  return {
    async borrow(end) {
      const client = await loadClient('mongodb', () => import('mongodb'))
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
    async closeUnused() {
      if (users === 0) await close()
    },
    close,
  }
}
