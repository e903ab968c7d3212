import type { Socket } from 'node:net'
import { withDeadline } from '../lifetime/deadline.js'
import { endsWithin } from '../lifetime/hold.js'
import type { Host } from '../opening/connection-url.js'
import { SqlFailure } from './failure.js'
import { type ConnectMode, isSocketPath, type SqlServers } from './location.js'

/** The result of a statement: the rows, each as an array of column values, and the number of changed rows. */
export interface SqlResult {
  readonly rows: readonly (readonly unknown[])[]
  readonly changed: number
}

/** The methods of a database client that the drivers use. A client has one open connection. */
export interface SqlClient {
  query(text: string, values: readonly unknown[], often: boolean): Promise<SqlResult>
  end(): Promise<unknown>
  destroy(): void
  /** Calls `listener` after the connection has ended, no matter whether the client or the server ended it. */
  onEnd(listener: () => void): void
  toFailure(error: unknown): SqlFailure
}

/** A connection to a database. If a statement fails with the verdict `lost` or `readonly`, the connection is closed. */
export interface SqlSession {
  readonly isOpen: boolean
  /**
   * Runs one statement. `often` is true for a frequent statement, which the client should prepare. Rejects with an
   * `SqlFailure`.
   */
  run(text: string, values?: readonly unknown[], often?: boolean): Promise<SqlResult>
  end(): Promise<void>
}

/** Creates a socket that is not connected yet. The socket does not keep the process alive. */
export type CreateSocket = () => Socket

/**
 * Time limit for the answer to a statement. After this time, the server or the network connection is considered dead.
 */
const ANSWER_MS = 30_000
/**
 * The time limit for lock waits on the server. It is shorter than `ANSWER_MS`, so that a server that waits for a lock
 * is not considered dead.
 */
export const LOCK_WAIT_S = 10
const MAX_END_MS = 1_000

/** Creates a session on a client that has connected. The session ends if a statement gets no answer. */
export function createSession(client: SqlClient): SqlSession {
  let isOpen = true
  client.onEnd(() => {
    isOpen = false
  })

  function destroySession(): void {
    isOpen = false
    client.destroy()
  }

  async function run(text: string, values: readonly unknown[] = [], often = false): Promise<SqlResult> {
    if (!isOpen) throw new SqlFailure('the connection is closed', undefined, 'lost')
    let isLate = false
    const onLate = (): void => {
      isLate = true
      destroySession()
    }
    try {
      return await withDeadline(ANSWER_MS, onLate, () => client.query(text, values, often))
    } catch (error) {
      const failure = isLate
        ? new SqlFailure(NO_ANSWER_ADVICE, 'ETIMEDOUT', 'lost', NO_ANSWER_ADVICE)
        : client.toFailure(error)
      if (failure.verdict === 'lost' || failure.verdict === 'readonly') destroySession()
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
      await endsWithin(MAX_END_MS, client.end())
      client.destroy()
    },
  }
}

/**
 * Runs the first statements of a session. Ends the session if a statement fails, because the caller has not received
 * the session yet, and could not end it.
 */
export async function beginSession<Result>(session: SqlSession, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (session.isOpen) await session.end()
    throw error
  }
}

/**
 * Connects to the first server that answers. If a connection fails and `isAboutConnectMode` returns true for the
 * failure, tries the next connect mode.
 */
export async function connectToFirst(
  { hosts, modes }: SqlServers,
  connect: (host: Host, mode: ConnectMode) => Promise<SqlSession>,
  toFailure: SqlClient['toFailure'],
  isAboutConnectMode: (failure: SqlFailure) => boolean,
): Promise<SqlSession> {
  let failure: SqlFailure | undefined
  for (const host of hosts) {
    for (const mode of isSocketPath(host.host) ? ['plain' as const] : modes) {
      try {
        return await connect(host, mode)
      } catch (error) {
        failure = toFailure(error)
        if (!isAboutConnectMode(failure)) break
      }
    }
  }
  throw failure
}

/** Connects over a socket. Destroys the socket on failure or after `timeoutMs`. */
export async function connectWithin<Result>(
  timeoutMs: number,
  socket: Socket,
  connect: () => Promise<Result>,
): Promise<Result> {
  let isLate = false
  const onLate = (): void => {
    isLate = true
    socket.destroy()
  }
  try {
    return await withDeadline(timeoutMs, onLate, connect)
  } catch (error) {
    socket.destroy()
    throw isLate ? new SqlFailure(UNREACHED_ADVICE, 'ETIMEDOUT', 'lost', UNREACHED_ADVICE) : error
  }
}

const UNREACHED_ADVICE = 'cannot be reached in time'
const NO_ANSWER_ADVICE = `gave no answer within ${ANSWER_MS / 1_000} s`
