import type { Socket } from 'node:net'
import { withDeadline } from '../lifetime/deadline.js'
import { isDoneWithin } from '../lifetime/hold.js'
import type { Host } from '../opening/connection-url.js'
import { SqlFailure } from './failure.js'
import { isSocketPath, type SqlServers, type Way } from './location.js'

/** What a statement gave: rows as arrays of their columns' values, and how many rows it changed. */
export interface SqlResult {
  readonly rows: readonly (readonly unknown[])[]
  readonly changed: number
}

/** As much of a database's client as these drivers use, on one connection that is open. */
export interface SqlClient {
  query(text: string, values: readonly unknown[], often: boolean): Promise<SqlResult>
  /** Says good-bye to the server. */
  end(): Promise<unknown>
  /** Breaks the connection. */
  destroy(): void
  /** Calls back when the connection is gone, whoever ended it. */
  onEnd(listener: () => void): void
  toFailure(error: unknown): SqlFailure
}

/** A connection to a database. */
export interface SqlSession {
  /** Whether it can still be used. */
  readonly isOpen: boolean
  /** Runs one statement, perhaps one that comes `often` and is worth preparing. Rejects with an `SqlFailure`. */
  run(text: string, values?: readonly unknown[], often?: boolean): Promise<SqlResult>
  /** Resolves when the connection is closed. */
  end(): Promise<void>
}

/** Makes the socket of a connection, not yet connected. It does not keep the process alive. */
export type CreateSocket = () => Socket

/** How long a statement may take: beyond it the server, or the way to it, is taken for dead. */
const ANSWER_MS = 30_000
/** How long the server lets a statement wait for a lock, in seconds: it answers before it is taken for dead. */
export const LOCK_WAIT_S = 10
const GOODBYE_MS = 1_000

/** A session on a client that has just connected. A statement that is never answered ends it. */
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

/**
 * Connects to the first server that answers. Rejects with an `SqlFailure`.
 *
 * @param isAboutTheWay whether a server that failed so may take the next way
 */
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

/** Connects over a socket, which is destroyed where that fails or takes longer than `patience` milliseconds. */
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
