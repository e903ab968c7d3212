import type { Point, Profiler } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'
import type { Step } from '../points/end-step.js'
import { startWait, type WaitReason } from '../points/start-wait.js'
import type { StartSql } from './sql-step.js'

/** A query of postgres 3. More of it is known once it is written to a connection. */
export interface SentQuery {
  readonly strings: readonly string[]
  readonly string?: string
  readonly parameters?: unknown
  /** Stands for the connection. */
  readonly state?: object | null
}

/** Query in a trace: the wait for a connection until `send`, and then the query itself. */
export interface PostgresStep extends Step {
  wait(): void
  send(): void
}

/** The number of each connection, counted in the order in which they were first written to. */
const connectionNumbers = new WeakMap<object, number>()
let connectionCount = 0

/** Begins the point when the query is written to a connection, because only then its text is complete. */
export function createPostgresStep(start: StartSql, profiler: Profiler, query: SentQuery): PostgresStep {
  const countBefore = connectionCount
  let wait: Point | undefined
  let sent: Step | undefined
  let isSent = false

  /** A pool reports nothing. A connection that is new here was opened for a waiting query. */
  function findWaitReason(): WaitReason {
    const { state } = query
    if (typeof state !== 'object' || state === null) return 'pool'
    if (!connectionNumbers.has(state)) connectionNumbers.set(state, ++connectionCount)
    return (connectionNumbers.get(state) ?? 0) > countBefore ? 'connection' : 'pool'
  }

  function send(): Step | undefined {
    if (isSent) return sent
    isSent = true
    const reason = findWaitReason()
    wait?.stop(reason === 'pool' ? undefined : { wait: { for: reason } })
    // A query that was never written has only the text of the program, whose parameters have no numbers yet.
    sent = start(profiler, query.string ?? query.strings.join('?'), query.parameters)
    return sent
  }

  return {
    wait() {
      if (!isSent) wait ??= startWait(profiler, 'pool')
    },
    send,
    stop: () => send()?.stop(),
    fail: error => send()?.fail(error),
  }
}
