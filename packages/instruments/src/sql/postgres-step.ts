import type { Point, Profiler } from '@osprofiler/core'
import { WeakMap } from '@osprofiler/core/toolkit'
import type { Step } from '../points/end-step.js'
import { startWait, type WaitReason } from '../points/start-wait.js'
import type { StartSql } from './sql-step.js'

/** A query of postgres 3, of which more is known once it is written to a connection. */
export interface SentQuery {
  readonly strings: readonly string[]
  readonly string?: string
  readonly parameters?: unknown
  /** Stands for the connection. */
  readonly state?: object | null
}

/** A query in a trace: the wait for a connection, and then the query itself. */
export interface PostgresStep extends Step {
  wait(): void
  send(): void
}

/** How many connections were known when each of them was first written to. */
const known = new WeakMap<object, number>()
let count = 0

/** The text of a query is put together when it is written to a connection, and so its point begins then. */
export function createPostgresStep(start: StartSql, profiler: Profiler, query: SentQuery): PostgresStep {
  const knownBefore = count
  let wait: Point | undefined
  let sent: Step | undefined
  let isSent = false

  /** A pool tells nobody what it does: a connection that was never seen was opened for those who waited. */
  function reasonOfWait(): WaitReason {
    const { state } = query
    if (typeof state !== 'object' || state === null) return 'pool'
    if (!known.has(state)) known.set(state, ++count)
    return (known.get(state) ?? 0) > knownBefore ? 'connection' : 'pool'
  }

  function send(): Step | undefined {
    if (isSent) return sent
    isSent = true
    const reason = reasonOfWait()
    wait?.stop(reason === 'pool' ? undefined : { wait: { for: reason } })
    // One that was never written has the text of the program alone: no parameter is counted yet.
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
