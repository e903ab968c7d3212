import type { Point, Profiler } from '@osprofiler/core'
import { takeCaller, WeakMap } from '@osprofiler/core/toolkit'
import type { Step } from '../points/end-step.js'
import { startWait, type WaitReason } from '../points/start-wait.js'
import type { StartSql } from './sql-step.js'

/** A query of postgres 3. More details are known once it is written to a connection. */
export interface SentQuery {
  readonly strings: readonly string[]
  readonly string?: string
  readonly parameters?: unknown
  /** The state object of the connection, which identifies the connection. */
  readonly state?: object | null
}

/** A traced query: a wait for a connection until `send` is called, and then the query itself. */
export interface PostgresStep extends Step {
  wait(): void
  send(): void
}

/** The number of each connection, in the order in which queries were first written to them. */
const connectionNumbers = new WeakMap<object, number>()
let connectionCount = 0

/** Begins the point when the query is written to a connection, because its text is incomplete until then. */
export function createPostgresStep(start: StartSql, profiler: Profiler, query: SentQuery): PostgresStep {
  const countBefore = connectionCount
  const forCaller = takeCaller()
  let wait: Point | undefined
  let sent: Step | undefined
  let isSent = false

  /** The pool does not report why a query waits. A connection that has no number yet was opened for a waiting query. */
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
    // A query that was never written has only the program's text, in which parameters have no numbers yet.
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
