import { AsyncResource } from 'node:async_hooks'
import { Socket } from 'node:net'
import { suppress } from '@osprofiler/core'
import { clearTimeout, Number, Promise, setTimeout } from '@osprofiler/core/toolkit'
import { SqlFailure } from './failure.js'
import type { CreateSocket } from './session.js'
import type { SqlStore } from './store.js'

/** One connection to a database, opened when it is first used and again when it was lost. */
export interface SqlConnection {
  /**
   * Does a piece of work with it, when all that was asked for before is done. Keeps the process alive for at most
   * `hold` milliseconds of that.
   */
  use<Result>(work: (store: SqlStore) => Promise<Result>, hold: number): Promise<Result>
  /** Resolves when the work that was asked for is done, or cut short where that takes long. */
  close(): Promise<void>
}

const CLOSE_PATIENCE = 5_000
const KEEP_ALIVE_AFTER = 30_000

/** Prepares a connection. `open` connects over the sockets that it is given. */
export function createSqlConnection(open: (createSocket: CreateSocket) => Promise<SqlStore>): SqlConnection {
  let store: SqlStore | undefined
  let socket: Socket | undefined
  let last: Promise<unknown> = Promise.resolve()
  let holds = 0
  let isGivenUp = false

  function createSocket(): Socket {
    if (isGivenUp) throw new SqlFailure('the store is closed', undefined, 'failed')
    const created = new Socket()
    socket = created
    created.setNoDelay(true)
    created.once('connect', () => {
      created.setKeepAlive(true, KEEP_ALIVE_AFTER)
      if (holds === 0) created.unref()
    })
    return created
  }

  // Bound here, or the connection would for ever hold the context of the request in which it happened to be opened; and
  // suppressed, for the driver may have been opened in one as well.
  const connect = AsyncResource.bind(() => suppress(() => open(createSocket)))

  async function reach(): Promise<SqlStore> {
    if (!store?.session.isOpen) store = await connect()
    return store
  }

  /** Keeps the process alive until the returned function is called. */
  function holdProcess(milliseconds: number): () => void {
    let held = true
    if (++holds === 1) socket?.ref()
    const timer = Number.isFinite(milliseconds) ? setTimeout(release, milliseconds).unref() : undefined
    return release

    function release(): void {
      clearTimeout(timer)
      if (held && --holds === 0) socket?.unref()
      held = false
    }
  }

  return {
    use(work, hold) {
      const release = holdProcess(hold)
      const result = last.then(() => suppress(async () => await work(await reach()))).finally(release)
      last = result.catch(() => undefined)
      return result
    },
    async close() {
      const release = holdProcess(CLOSE_PATIENCE)
      const timer = setTimeout(() => {
        // Nor is another server or another way tried.
        isGivenUp = true
        socket?.destroy()
      }, CLOSE_PATIENCE)
      await last
      clearTimeout(timer)
      await store?.session.end()
      store = undefined
      release()
    },
  }
}
