import { get, type Profiler } from '@osprofiler/core'
import { Array, isError, Object, Reflect } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../../loading/wrap-library.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { isTaken, markTaken } from '../../points/mark-taken.js'
import { ownWork } from '../../wrapping/keep-context.js'
import type { Around } from '../../wrapping/wrap-method.js'
import { type RedisCommand, redisBatchInfo, redisInfo } from './redis-statement.js'
import { RedisStep } from './redis-step.js'

/** A connection, or a cluster of them. */
interface Client {
  readonly status: string
  readonly isCluster?: boolean
}

/** What the library settles: a command, or a pipeline of them. */
interface Deferred {
  resolve(this: Deferred, value: unknown): void
  reject(this: Deferred, error: unknown): void
}

/** A command, with what the library calls when the command is written. */
interface Command extends RedisCommand, Deferred {
  toWritable(this: Command, ...args: unknown[]): unknown
}

interface Pipeline extends Deferred {
  readonly redis: Client
  readonly _transactions: number
  readonly _queue: readonly Command[]
}

/**
 * Makes the commands of ioredis 5 and 6 points named `db`, and a pipeline or `MULTI` one point. A command that has to
 * wait for its connection is a point `wait` until it is written.
 *
 * By its methods, not by its channels: these tell of a command once it is written, which for one that waited is in the
 * context of whoever opened the connection, and with anyone listening they cost a third of an untraced command.
 */
export function instrumentIoredis({ traceSql, libraries }: InstrumentSettings): () => void {
  const values = traceSql === 'values'

  const aroundCommand: Around = (proceed, self, args) => {
    const profiler = get()
    if (profiler === undefined) return proceed(args)
    const [command, stream] = args as [Command, { readonly isPipeline?: boolean } | undefined]
    // Once: it comes by again when its connection is ready, and from the cluster to one of its nodes.
    if (isTaken(command) || stream?.isPipeline === true) return proceed(args)
    return sendStep(traceCommand(profiler, command), self as Client, command, () => proceed(args))
  }

  // With `enableAutoPipelining` the commands of several requests meet in one pipeline: each is a point of its own.
  const aroundQueued: Around = (proceed, self, args) => {
    const profiler = get()
    const [command] = args as [Command]
    if (profiler !== undefined && !isTaken(command) && isAutomatic(self as object)) {
      traceCommand(profiler, command).send()
    }
    return proceed(args)
  }

  const aroundBatch: Around = (proceed, self, args) => {
    const pipeline = self as Pipeline
    const profiler = get()
    // While `_transactions` counts, this call only puts the EXEC at the end; the next one sends.
    const sends = profiler !== undefined && pipeline._transactions === 0 && pipeline._queue.length > 0
    if (!sends || isAutomatic(pipeline) || isTaken(pipeline)) return proceed(args)
    return sendStep(traceBatch(profiler, pipeline), pipeline.redis, pipeline._queue[0], () => proceed(args))
  }

  function traceCommand(profiler: Profiler, command: Command): RedisStep {
    const step = new RedisStep(profiler, [command], redisInfo(command, values), values)
    endWhenDeferred(command, step, () => step.stop())
    return step
  }

  function traceBatch(profiler: Profiler, pipeline: Pipeline): RedisStep {
    const commands = [...pipeline._queue]
    const transaction = commands[0]?.name === 'multi' && commands.at(-1)?.name === 'exec'
    const inner = transaction ? commands.slice(1, -1) : commands
    const step = new RedisStep(profiler, commands, redisBatchInfo(inner, transaction, values), values)
    endWhenDeferred(pipeline, step, results => endBatch(step, results))
    return step
  }

  const classes = {
    // What a connection does by itself, and what it later hands to listeners, belongs to no request.
    Redis: { sendCommand: aroundCommand, ...ownWork('connect') },
    // A node is asked for its slots when a command met a slot that has moved.
    Cluster: { sendCommand: aroundCommand, ...ownWork('connect', 'refreshSlotsCache') },
    Pipeline: { sendCommand: aroundQueued, exec: aroundBatch },
  }
  return wrapLibrary('ioredis', [{ given: libraries.ioredis, classes }])
}

/** By what the library calls, not by the promise: a failure that nobody handles must stay one. */
function endWhenDeferred(deferred: Deferred, step: RedisStep, done: (value: unknown) => void): void {
  const { resolve, reject } = deferred
  markTaken(deferred)
  deferred.resolve = value => {
    // First: it rejects, itself, what it cannot make a result of.
    Reflect.apply(resolve, deferred, [value])
    done(value)
  }
  deferred.reject = error => {
    Reflect.apply(reject, deferred, [error])
    step.fail(error)
  }
}

/** Sends a command, or several of which this is the first, and begins its point when it is written. */
function sendStep(step: RedisStep, client: Client, first: Command | undefined, proceed: () => unknown): unknown {
  if (client.status === 'ready' && client.isCluster !== true) {
    step.send()
    return proceed()
  }
  if (first !== undefined) whenWritten(first, () => step.send())
  const sent = proceed()
  step.wait()
  return sent
}

function whenWritten(command: Command, then: () => void): void {
  command.toWritable = (...args) => {
    Reflect.deleteProperty(command, 'toWritable')
    then()
    return command.toWritable(...args)
  }
}

/** A batch has failed when one of its commands has, as in Python's client. */
function endBatch(step: RedisStep, results: unknown): void {
  const { commands } = step
  const replies = Array.isArray(results) ? (results as [unknown, unknown][]) : []
  for (const [index, [error, reply]] of replies.entries()) {
    const command = commands[index]
    if (error && command) return step.fail(error, [command])
    if (command?.name !== 'exec' || !Array.isArray(reply)) continue
    const inner = reply.findIndex(value => isError(value))
    const failed = commands[index - reply.length + inner]
    if (inner >= 0 && failed) return step.fail(reply[inner], [failed])
  }
  step.stop()
}

/** Whether ioredis has made this pipeline by itself. */
function isAutomatic(pipeline: object): boolean {
  return Object.getOwnPropertySymbols(pipeline).some(({ description }) => description === 'callbacks')
}
