import { AsyncResource } from 'node:async_hooks'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Error, Map, Number, Promise, performance, String } from '@osprofiler/core/toolkit'
import { blockNativeCode, createExitSignal, watchExit } from '../lifetime/exit-guard.js'
import { endsWithin } from '../lifetime/hold.js'
import type { SqliteStore } from './database/store.js'

/**
 * The calls that the thread accepts. They are the functions of the store, except that `write` writes the rows that were
 * sent before with `stage`.
 */
export interface SqliteCalls extends Omit<SqliteStore, 'write'> {
  /** Writes the rows that were sent with `stage`, and resolves to the number of refused records. */
  write(): Promise<number>
}

/** One call to the thread, in a form that can be sent to the thread. */
export interface SqliteRequest<Operation extends keyof SqliteCalls = keyof SqliteCalls> {
  readonly operation: Operation
  readonly args: Parameters<SqliteCalls[Operation]>
}

/** The failure of a request: the message and the `code` of the error, and SQLite's result code. */
export interface SqliteFailure {
  readonly message: string
  readonly code: string | undefined
  readonly result: number | undefined
}

/** A message to the thread: a request, or packed records for the next `write`. Packed records get no answer. */
export type SqliteMessage =
  | { readonly id: number; readonly request: SqliteRequest }
  | { readonly packed: readonly string[] }

/**
 * A message from the thread. `id` is the id of the request that is answered. The message with the id 0 is not an
 * answer, and reports that the thread has started.
 */
export type SqliteReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: SqliteFailure }

/** Thrown for a request if the thread died before it answered the request. */
export class ThreadDied extends Error {
  override readonly name = 'ThreadDied'
}

/** Thrown for a request if the thread answered it with a failure. */
export class ThreadFailed extends Error {
  override readonly name = 'ThreadFailed'
  readonly failure: SqliteFailure

  constructor(failure: SqliteFailure) {
    super(failure.message)
    this.failure = failure
  }
}

/** The interface through which the driver uses the thread that runs SQLite. */
export interface SqliteThread {
  /**
   * Sends packed records for the next `write`. The thread unpacks these records while the driver packs more records.
   */
  stage(packed: readonly string[]): void
  /** Sends a request. Starts a thread if no thread is running. The thread does not keep the process alive. */
  ask<Operation extends keyof SqliteCalls>(
    operation: Operation,
    ...args: Parameters<SqliteCalls[Operation]>
  ): ReturnType<SqliteCalls[Operation]>
  close(): Promise<void>
  /** Abandons the thread, even if the thread hangs. Pending requests reject with `ThreadDied`. */
  destroy(): void
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

const MAX_THREAD_END_MS = 200
/**
 * If the thread fails to start, all requests fail immediately for this time, because a new start for each batch would
 * cost too much.
 */
const START_PAUSE_MS = 10_000

/** Prepares a thread for a database. The thread starts at the first request, and runs `file` (see `findWorker`). */
export function createThread(file: string, client: string, path: string): SqliteThread {
  const pending = new Map<number, Pending>()
  let worker: Worker | undefined
  let blockThread: (() => boolean) | undefined
  let lastId = 0
  let startNotBefore = Number.NEGATIVE_INFINITY
  let startFailure: unknown

  // `bind` prevents a memory leak. Without `bind`, the thread would keep the context of the request that started it.
  const start = AsyncResource.bind(() => {
    const signal = createExitSignal()
    // The options `execArgv` and `env` keep the application's `--import` and `NODE_OPTIONS` from loading anything into
    // this thread.
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
      // The thread has left native code by now, and will not enter it again, so it can be terminated.
      if (!(await endsWithin(MAX_THREAD_END_MS, ended))) await closing.terminate()
    },
    destroy() {
      if (worker === undefined) return
      // A thread that is running native code cannot be terminated safely. Such a thread will not enter native code
      // again.
      if (blockThread?.()) void worker.terminate()
      rejectAll(new ThreadDied('The thread of the store died.'))
    },
  }
}

/** Creates the error for a thread that did not start. The thread has carried out no request. */
function toStartFailure(cause: unknown): Error {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
  return new Error(`its thread cannot be started (${String(code ?? message ?? 'it ended')})`, { cause })
}
