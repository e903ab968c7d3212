import { AsyncResource } from 'node:async_hooks'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { Error, Map, Number, Promise, performance, String } from '@osprofiler/core/toolkit'
import { createExitSignal, haveLeft, watchExit } from '../lifetime/exit-guard.js'
import { isDoneWithin } from '../lifetime/hold.js'
import type { SqliteStore } from './database/store.js'

/** What the thread does: what the store does, but for the rows of a batch, which are staged before. */
export interface SqliteCalls extends Omit<SqliteStore, 'write'> {
  /** Writes what was staged, and resolves to how many records were refused. */
  write(): Promise<number>
}

/** What the thread is asked to do. */
export interface SqliteRequest<Operation extends keyof SqliteCalls = keyof SqliteCalls> {
  readonly operation: Operation
  readonly args: Parameters<SqliteCalls[Operation]>
}

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

/** Its answer to the request of that number; 0 stands for no request, and says that the thread is there. */
export type SqliteReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: SqliteFailure }

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
  /** Asks for something. The thread is started if there is none, and keeps no process alive. */
  ask<Operation extends keyof SqliteCalls>(
    operation: Operation,
    ...args: Parameters<SqliteCalls[Operation]>
  ): ReturnType<SqliteCalls[Operation]>
  /** Has the thread come to its end, and resolves then. */
  close(): Promise<void>
  /** Leaves the thread to itself, wherever it is stuck. Whoever waits for it learns that it died. */
  cut(): void
}

interface Pending {
  resolve(value: unknown): void
  reject(error: Error): void
}

const END_MS = 200
/** A thread that cannot start is not started again for so long: it costs more than a batch is worth. */
const START_PAUSE_MS = 10_000

/**
 * Prepares a thread for the database at a path. It starts at the first request.
 *
 * @param file what it runs, see `findWorker`
 */
export function createThread(file: string, client: string, path: string): SqliteThread {
  const pending = new Map<number, Pending>()
  let worker: Worker | undefined
  let leave: (() => boolean) | undefined
  let lastId = 0
  let notBefore = Number.NEGATIVE_INFINITY
  let startFailure: unknown

  // Bound here, or the thread would for ever hold the context of the request in which it happened to start.
  const start = AsyncResource.bind(() => {
    const signal = createExitSignal()
    // Neither the program's --import nor its NODE_OPTIONS: what they load does not belong in here.
    const started = new Worker(file, {
      name: 'osprofiler-sqlite',
      workerData: { client, path, signal },
      execArgv: [],
      env: {},
    })
    const unwatch = watchExit(signal)
    let cause: unknown
    let isUp = false
    started.on('error', error => {
      cause = error
    })
    started.on('message', reply => {
      isUp = true
      receive(reply)
    })
    started.on('exit', () => {
      unwatch()
      worker = undefined
      if (isUp) return rejectAll(new ThreadDied('The thread of the store died.', { cause }))
      startFailure = cause
      notBefore = performance.now() + START_PAUSE_MS
      rejectAll(toStartFailure(cause))
    })
    started.unref()
    leave = () => haveLeft(signal)
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
    if (worker === undefined && performance.now() < notBefore) throw toStartFailure(startFailure)
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
      // It has left native code for good by now.
      if (!(await isDoneWithin(END_MS, ended))) await closing.terminate()
    },
    cut() {
      if (worker === undefined) return
      // One that is in native code cannot be ended safely; it does not go in again.
      if (leave?.()) void worker.terminate()
      rejectAll(new ThreadDied('The thread of the store died.'))
    },
  }
}

/** Nothing that was asked of such a thread was done. */
function toStartFailure(cause: unknown): Error {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
  return new Error(`its thread cannot be started (${String(code ?? message ?? 'it ended')})`, { cause })
}
