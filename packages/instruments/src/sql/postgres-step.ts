import type { Point, Profiler } from '@osprofiler/core'
import { takeCaller, WeakMap } from '@osprofiler/core/toolkit'
import type { Step } from '../points/end-step.js'
import { startWait, type WaitReason } from '../points/start-wait.js'
import type { StartSql } from './sql-step.js'

/** A query of postgres 3. The optional members are set when the query is written to a connection. */
export interface SentQuery {
  readonly strings: readonly string[]
  readonly string?: string
  readonly parameters?: unknown
  /** The state object of the connection, which identifies the connection. */
  readonly state?: object | null
}

/**
 * A traced query. Until `send` is called, the step may be a wait for a connection. After that, the step is the query
 * itself.
 */
export interface PostgresStep extends Step {
  wait(): void
  send(): void
}

/** A number for each connection, in the order in which the connections were first used. */
const connectionNumbers = new WeakMap<object, number>()
let connectionCount = 0

/**
 * Creates a step whose `db` point begins when the query is written to a connection, because the query's text is
 * incomplete until then.
 */
export function createPostgresStep(start: StartSql, profiler: Profiler, query: SentQuery): PostgresStep {
  const countBefore = connectionCount
  const forCaller = takeCaller()
  let wait: Point | undefined
  let sent: Step | undefined
  let isSent = false

  /**
   * Finds the reason for the wait, which the pool does not report. If the connection was first used after the wait
   * began, it was opened for a waiting query.
   */
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
    // The library sets `query.string`, the text with numbered parameters, when the query is written to a connection. A
    // query that fails earlier has only `query.strings`, the pieces of the program's text between the parameters.
    sent = forCaller(() => start(profiler, query.string ?? query.strings.join('?'), query.parameters))
    return sent
  }

  return {
    wait() {
      if (!isSent) wait ??= forCaller(() => startWait(profiler, 'pool'))
    },
    send,
    stop: info => send()?.stop(info),
    fail: error => send()?.fail(error),
  }
}
