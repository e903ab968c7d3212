import { get, type Profiler } from '@osprofiler/core'
import { Array, isError, Object, Reflect } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../../loading/wrap-library.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { isTraced, markTraced } from '../../points/mark-traced.js'
import { wrapOwnWork } from '../../wrapping/keep-context.js'
import type { Around } from '../../wrapping/wrap-method.js'
import { describeRedisBatch, describeRedisCommand, type RedisCommand } from './redis-statement.js'
import { RedisStep } from './redis-step.js'

interface Client {
  readonly status: string
  readonly isCluster?: boolean
}

interface Deferred {
  resolve(this: Deferred, value: unknown): void
  reject(this: Deferred, error: unknown): void
}

/** ioredis calls `toWritable` when it writes the command. */
interface Command extends RedisCommand, Deferred {
  toWritable(this: Command, ...args: unknown[]): unknown
}

interface Pipeline extends Deferred {
  readonly redis: Client
  readonly _transactions: number
  readonly _queue: readonly Command[]
}

/**
 * Records the commands of ioredis 5 and 6 as points named `db`, and a pipeline or `MULTI` as one point. A command that
 * must wait for its connection has a point named `wait` until the command is written.
 *
 * Wraps methods instead of using channels, because channels report a command only once it is written. If the command
 * had to wait, the context would be that of the code that opened the connection. Channel listeners would also make an
 * untraced command slower by a third.
 */
export function instrumentIoredis({ traceSql, libraries }: InstrumentSettings): () => void {
  const showsValues = traceSql === 'values'

  const aroundCommand: Around = (proceed, self, args) => {
    const profiler = get()
    if (profiler === undefined) return proceed(args)
    const [command, stream] = args as [Command, { readonly isPipeline?: boolean } | undefined]
    // `sendCommand` is called again when the connection is ready, or when the cluster passes the command to a node.
    if (isTraced(command) || stream?.isPipeline === true) return proceed(args)
    return sendStep(traceCommand(profiler, command), self as Client, command, () => proceed(args))
  }

  // With `enableAutoPipelining`, commands from several requests share a pipeline, so each command is its own point.
  const aroundQueued: Around = (proceed, self, args) => {
    const profiler = get()
    const [command] = args as [Command]
    if (profiler !== undefined && !isTraced(command) && isAutoPipeline(self as object)) {
      traceCommand(profiler, command).send()
    }
    return proceed(args)
  }

  const aroundBatch: Around = (proceed, self, args) => {
    const pipeline = self as Pipeline
    const profiler = get()
    // While `_transactions` is not 0, this call only appends the EXEC, and the next call sends the pipeline.
    const isSending = profiler !== undefined && pipeline._transactions === 0 && pipeline._queue.length > 0
    if (!isSending || isAutoPipeline(pipeline) || isTraced(pipeline)) return proceed(args)
    return sendStep(traceBatch(profiler, pipeline), pipeline.redis, pipeline._queue[0], () => proceed(args))
  }

  function traceCommand(profiler: Profiler, command: Command): RedisStep {
    const step = new RedisStep(profiler, [command], describeRedisCommand(command, showsValues), showsValues)
    endWhenDeferred(command, step, () => step.stop())
    return step
  }

  function traceBatch(profiler: Profiler, pipeline: Pipeline): RedisStep {
    const commands = [...pipeline._queue]
    const isTransaction = commands[0]?.name === 'multi' && commands.at(-1)?.name === 'exec'
    const inner = isTransaction ? commands.slice(1, -1) : commands
    const step = new RedisStep(profiler, commands, describeRedisBatch(inner, isTransaction, showsValues), showsValues)
    endWhenDeferred(pipeline, step, results => endBatch(step, results))
    return step
  }

  const classes = {
    // A connection's own work, and the listeners that it calls later, belong to no request.
    Redis: { sendCommand: aroundCommand, ...wrapOwnWork('connect') },
    // When a command reaches a slot that has moved, the cluster asks a node for the current slots. This is the
    // cluster's own work.
    Cluster: { sendCommand: aroundCommand, ...wrapOwnWork('connect', 'refreshSlotsCache') },
    Pipeline: { sendCommand: aroundQueued, exec: aroundBatch },
  }
  return wrapLibrary('ioredis', [{ given: libraries.ioredis, classes }])
}

/**
 * Overrides the methods with which the library settles the promise. A handler on the promise would hide an unhandled
 * rejection.
 */
function endWhenDeferred(deferred: Deferred, step: RedisStep, done: (value: unknown) => void): void {
  const { resolve, reject } = deferred
  markTraced(deferred)
  deferred.resolve = value => {
    // `resolve` is called before `done`, because `resolve` may reject a value that it cannot convert.
    Reflect.apply(resolve, deferred, [value])
    done(value)
  }
  deferred.reject = error => {
    Reflect.apply(reject, deferred, [error])
    step.fail(error)
  }
}

/** Sends one or more commands, and begins their point when the first one is written. */
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

function whenWritten(command: Command, onWritten: () => void): void {
  command.toWritable = (...args) => {
    Reflect.deleteProperty(command, 'toWritable')
    onWritten()
    return command.toWritable(...args)
  }
}

/** If one of a batch's commands failed, fails the whole batch, as Python's client does. */
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

function isAutoPipeline(pipeline: object): boolean {
  return Object.getOwnPropertySymbols(pipeline).some(({ description }) => description === 'callbacks')
}
