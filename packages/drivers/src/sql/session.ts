import type { Socket } from 'node:net'
import { withDeadline } from '../lifetime/deadline.js'
import { isDoneWithin } from '../lifetime/hold.js'
import type { Host } from '../opening/connection-url.js'
import { SqlFailure } from './failure.js'
import { isSocketPath, type SqlServers, type Way } from './location.js'

/** Result of a statement: rows as arrays of column values, and the number of changed rows. */
export interface SqlResult {
  readonly rows: readonly (readonly unknown[])[]
  readonly changed: number
}

/** The part of a database client that these drivers use, on one open connection. */
export interface SqlClient {
  query(text: string, values: readonly unknown[], often: boolean): Promise<SqlResult>
  end(): Promise<unknown>
  destroy(): void
  /** Calls `listener` when the connection is gone, whichever side ended it. */
  onEnd(listener: () => void): void
  toFailure(error: unknown): SqlFailure
}

/** A connection to a database. A statement that fails as `lost` or `readonly` closes the connection. */
export interface SqlSession {
  readonly isOpen: boolean
  /** Runs one statement. A statement that comes `often` is worth preparing. Rejects with an `SqlFailure`. */
  run(text: string, values?: readonly unknown[], often?: boolean): Promise<SqlResult>
  end(): Promise<void>
}

/** Creates a socket that is not connected yet. The socket does not keep the process alive. */
export type CreateSocket = () => Socket

/** Limit for a statement. After it the server, or the network to it, counts as dead. */
const ANSWER_MS = 30_000
/** Limit of the server for lock waits. It is below `ANSWER_MS`, so that the server does not count as dead. */
export const LOCK_WAIT_S = 10
const GOODBYE_MS = 1_000

/** Creates a session on a connected client. A statement that gets no answer ends the session. */
export function createSession(client: SqlClient): SqlSession {
  let isOpen = true
  client.onEnd(() => {
    isOpen = false
  })

  function breakOff(): void {
    isOpen = false
    client.destroy()
  }

  async function run(text: string, values: readonly unknown[] = [], often = false): Promise<SqlResult> {
    if (!isOpen) throw new SqlFailure('the connection is closed', undefined, 'lost')
    let late = false
    const onLate = (): void => {
      late = true
      breakOff()
    }
    try {
      return await withDeadline(ANSWER_MS, onLate, () => client.query(text, values, often))
    } catch (error) {
      const failure = late ? new SqlFailure(NO_ANSWER, 'ETIMEDOUT', 'lost', NO_ANSWER) : client.toFailure(error)
      if (failure.verdict === 'lost' || failure.verdict === 'readonly') breakOff()
      throw failure
    }
  }

  return {
    get isOpen() {
      return isOpen
    },
    run,
    async end() {
      isOpen = false
      await isDoneWithin(GOODBYE_MS, client.end())
      client.destroy()
    },
  }
}

/** Runs the first statements of a session. Ends the session if they fail, because nobody else will. */
export async function beginSession<Result>(session: SqlSession, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (session.isOpen) await session.end()
    throw error
  }
}

/** Connects to the first server that answers. After a failure that `isAboutTheWay`, a server is tried the next way. */
export async function connectToFirst(
  { hosts, ways }: SqlServers,
  connect: (host: Host, way: Way) => Promise<SqlSession>,
  toFailure: SqlClient['toFailure'],
  isAboutTheWay: (failure: SqlFailure) => boolean,
): Promise<SqlSession> {
  let failure: SqlFailure | undefined
  for (const host of hosts) {
    for (const way of isSocketPath(host.host) ? ['plain' as const] : ways) {
      try {
        return await connect(host, way)
      } catch (error) {
        failure = toFailure(error)
        if (!isAboutTheWay(failure)) break
      }
    }
  }
  throw failure
}

/** Connects over a socket, and destroys the socket on failure or after `patience` milliseconds. */
export async function connectWithin<Result>(
  patience: number,
  socket: Socket,
  connect: () => Promise<Result>,
): Promise<Result> {
  let late = false
  const onLate = (): void => {
    late = true
    socket.destroy()
  }
  try {
    return await withDeadline(patience, onLate, connect)
  } catch (error) {
    socket.destroy()
    throw late ? new SqlFailure(UNREACHED, 'ETIMEDOUT', 'lost', UNREACHED) : error
  }
}

const UNREACHED = 'cannot be reached in time'
const NO_ANSWER = `gave no answer within ${ANSWER_MS / 1_000} s`
