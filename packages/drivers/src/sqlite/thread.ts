import { AsyncResource } from 'node:async_hooks'
import { Worker } from 'node:worker_threads'
import type { TraceSummary } from '@osprofiler/core'
import { clearTimeout, Error, Map, Number, Promise, setTimeout, URL } from '@osprofiler/core/toolkit'
import { createExitSignal, watchExit } from '../exit-guard.js'
import type { Selection } from '../trace-query.js'
import type { SqlitePage } from './store.js'

/** What the thread is asked to do. */
export type SqliteRequest =
  | { readonly operation: 'write' }
  | { readonly operation: 'read'; readonly baseId: string; readonly after: number }
  | { readonly operation: 'list'; readonly selection: Selection; readonly failed: boolean }
  | { readonly operation: 'delete'; readonly baseId: string }
  | { readonly operation: 'prune'; readonly before: string }
  | { readonly operation: 'close' }

/** Why it could not: an error's message, its `code`, and SQLite's result code. */
export interface SqliteFailure {
  readonly message: string
  readonly code: string | undefined
  readonly result: number | undefined
}

/** What is sent to the thread: a request, or packed records for the next `write`, which are not answered. */
export type SqliteMessage =
  | { readonly id: number; readonly request: SqliteRequest }
  | { readonly packed: readonly string[] }

/** Its answer to the request of that number. */
export type SqliteReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: SqliteFailure }

interface Answers {
  readonly write: number
  readonly read: SqlitePage
  readonly list: TraceSummary[]
  readonly delete: number
  readonly prune: number
  readonly close: undefined
}

/** Thrown for a request whose thread died before it answered. */
export class ThreadDied extends Error {
  override readonly name = 'ThreadDied'
}

/** Thrown with what the thread said. */
export class ThreadFailed extends Error {
  override readonly name = 'ThreadFailed'
  readonly failure: SqliteFailure

  constructor(failure: SqliteFailure) {
    super(failure.message)
    this.failure = failure
  }
}

/** The near end of the thread. */
export interface SqliteThread {
  /** Hands over packed records for the next `write`, so that the thread prepares some while others are being packed. */
  stage(packed: readonly string[]): void
  /**
   * Asks for something. The thread is started if there is none; it keeps the process alive for at most `hold`
   * milliseconds of the wait for its answer.
   */
  ask<Request extends SqliteRequest>(request: Request, hold: number): Promise<Answers[Request['operation']]>
  /** Resolves when the thread has come to its end, or is stuck and was left to it. */
  close(): Promise<void>
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

const CLOSE_PATIENCE = 10_000

/** Prepares a thread for the database at a path. It starts at the first request. */
export function createThread(client: string, path: string): SqliteThread {
  const pending = new Map<number, Pending>()
  let worker: Worker | undefined
  let lastId = 0
  let holds = 0

  // Bound here, or the thread would for ever hold the context of the request in which it happened to start.
  const start = AsyncResource.bind(() => {
    const signal = createExitSignal()
    // Neither the program's --import nor its NODE_OPTIONS: what they load does not belong in here.
    const started = new Worker(new URL('./worker.js', import.meta.url), {
      name: 'osprofiler-sqlite',
      workerData: { client, path, signal },
      execArgv: [],
      env: {},
    })
    const unwatch = watchExit(signal)
    let cause: unknown
    started.on('error', error => {
      cause = error
    })
    started.on('message', receive)
    started.on('exit', () => {
      unwatch()
      worker = undefined
      for (const [id, { reject }] of pending) {
        pending.delete(id)
        reject(new ThreadDied('The thread of the store died.', { cause }))
      }
    })
    if (holds === 0) started.unref()
    return started
  })

  function receive(reply: SqliteReply): void {
    const waiting = pending.get(reply.id)
    pending.delete(reply.id)
    if ('failure' in reply) waiting?.reject(new ThreadFailed(reply.failure))
    else waiting?.resolve(reply.value)
  }

  /** Keeps the process alive until the returned function is called. */
  function holdProcess(): () => void {
    let held = true
    if (++holds === 1) worker?.ref()
    return () => {
      if (held && --holds === 0) worker?.unref()
      held = false
    }
  }

  function post(message: SqliteMessage): void {
    worker ??= start()
    worker.postMessage(message)
  }

  async function ask(request: SqliteRequest, hold: number): Promise<unknown> {
    const release = holdProcess()
    const timer = Number.isFinite(hold) ? setTimeout(release, hold).unref() : undefined
    try {
      return await new Promise<unknown>((resolve, reject) => {
        const id = ++lastId
        post({ id, request })
        pending.set(id, { resolve, reject })
      })
    } finally {
      clearTimeout(timer)
      release()
    }
  }

  return {
    stage: packed => post({ packed }),
    ask: ask as SqliteThread['ask'],
    async close() {
      const closing = worker
      if (closing === undefined) return
      const ended = new Promise<void>(resolve => closing.once('exit', () => resolve()))
      const stuck = new Promise<void>(resolve => setTimeout(resolve, CLOSE_PATIENCE).unref())
      const release = holdProcess()
      await Promise.race([ask({ operation: 'close' }, CLOSE_PATIENCE).then(() => ended), ended, stuck]).catch(
        () => undefined,
      )
      release()
    },
  }
}
