import { AsyncResource } from 'node:async_hooks'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Error, Map, Number, Promise, performance, String } from '@osprofiler/core/toolkit'
import { blockNativeCode, createExitSignal, watchExit } from '../lifetime/exit-guard.js'
import { endsWithin } from '../lifetime/hold.js'
import type { SqliteStore } from './database/store.js'

/** Calls to the thread: those of the store, but `write` takes the rows that were staged before. */
export interface SqliteCalls extends Omit<SqliteStore, 'write'> {
  /** Writes the staged rows, and resolves to the number of refused records. */
  write(): Promise<number>
}

/** One call to the thread, as data to send. */
export interface SqliteRequest<Operation extends keyof SqliteCalls = keyof SqliteCalls> {
  readonly operation: Operation
  readonly args: Parameters<SqliteCalls[Operation]>
}

/** Failure of a request: the message and `code` of the error, and SQLite's result code. */
export interface SqliteFailure {
  readonly message: string
  readonly code: string | undefined
  readonly result: number | undefined
}

/** Message to the thread: a request, or packed records for the next `write`, which get no answer. */
export type SqliteMessage =
  | { readonly id: number; readonly request: SqliteRequest }
  | { readonly packed: readonly string[] }

/** Answer to the request with this id. Id 0 belongs to no request and says that the thread has started. */
export type SqliteReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: SqliteFailure }

/** Thrown for a request whose thread died before it answered. */
export class ThreadDied extends Error {
  override readonly name = 'ThreadDied'
}

/** Thrown for a request to which the thread answered with a failure. */
export class ThreadFailed extends Error {
  override readonly name = 'ThreadFailed'
  readonly failure: SqliteFailure

  constructor(failure: SqliteFailure) {
    super(failure.message)
    this.failure = failure
  }
}

/** The driver's side of the thread that runs SQLite. */
export interface SqliteThread {
  /** Hands over packed records for the next `write`, so that the thread prepares some while others are packed. */
  stage(packed: readonly string[]): void
  /** Sends a request. A thread is started if there is none, and does not keep the process alive. */
  ask<Operation extends keyof SqliteCalls>(
    operation: Operation,
    ...args: Parameters<SqliteCalls[Operation]>
  ): ReturnType<SqliteCalls[Operation]>
  close(): Promise<void>
  /** Abandons the thread, even if it is stuck. Pending requests reject with `ThreadDied`. */
  destroy(): void
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

const MAX_THREAD_END_MS = 200
/** Pause after a failed start, because a start costs more than a batch is worth. */
const START_PAUSE_MS = 10_000

/** Prepares a thread for a database. It starts at the first request, and runs `file` (see `findWorker`). */
export function createThread(file: string, client: string, path: string): SqliteThread {
  const pending = new Map<number, Pending>()
  let worker: Worker | undefined
  let blockThread: (() => boolean) | undefined
  let lastId = 0
  let startNotBefore = Number.NEGATIVE_INFINITY
  let startFailure: unknown

  // Without `bind`, the thread would forever hold the context of the request that started it.
  const start = AsyncResource.bind(() => {
    const signal = createExitSignal()
    // The program's --import and NODE_OPTIONS must not load anything here.
    const started = new Worker(file, {
      name: 'osprofiler-sqlite',
      workerData: { client, path, signal },
      execArgv: [],
      env: {},
    })
    const unwatch = watchExit(signal)
    let cause: unknown
    let hasStarted = false
    started.on('error', error => {
      cause = error
    })
    started.on('message', reply => {
      hasStarted = true
      receive(reply)
    })
    started.on('exit', () => {
      unwatch()
      worker = undefined
      if (hasStarted) return rejectAll(new ThreadDied('The thread of the store died.', { cause }))
      startFailure = cause
      startNotBefore = performance.now() + START_PAUSE_MS
      rejectAll(toStartFailure(cause))
    })
    started.unref()
    blockThread = () => blockNativeCode(signal)
    return started
  })

  function receive(reply: SqliteReply): void {
    const waiting = pending.get(reply.id)
    pending.delete(reply.id)
    if ('failure' in reply) waiting?.reject(new ThreadFailed(reply.failure))
    else waiting?.resolve(reply.value)
  }

  function rejectAll(error: Error): void {
    for (const [id, { reject }] of pending) {
      pending.delete(id)
      reject(error)
    }
  }

  function post(message: SqliteMessage): void {
    if (worker === undefined && performance.now() < startNotBefore) throw toStartFailure(startFailure)
    worker ??= start()
    worker.postMessage(message)
  }

  function ask(...[operation, ...args]: Parameters<SqliteThread['ask']>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++lastId
      post({ id, request: { operation, args } })
      pending.set(id, { resolve, reject })
    })
  }

  return {
    stage: packed => post({ packed }),
    ask: ask as SqliteThread['ask'],
    async close() {
      const closing = worker
      if (closing === undefined) return
      const ended = once(closing, 'exit')
      await ask('close').catch(() => undefined)
      // By now, the thread has left native code for good.
      if (!(await endsWithin(MAX_THREAD_END_MS, ended))) await closing.terminate()
    },
    destroy() {
      if (worker === undefined) return
      // A thread in native code cannot be ended safely. It does not enter native code again.
      if (blockThread?.()) void worker.terminate()
      rejectAll(new ThreadDied('The thread of the store died.'))
    },
  }
}

/** A thread that did not start has done nothing of what was requested. */
function toStartFailure(cause: unknown): Error {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
  return new Error(`its thread cannot be started (${String(code ?? message ?? 'it ended')})`, { cause })
}
