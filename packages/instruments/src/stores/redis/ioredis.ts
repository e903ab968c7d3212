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

/** `toWritable` is called when the command is written. */
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
 * must wait for its connection is a point `wait` until it is written.
 *
 * Wraps methods instead of using channels, which report a command once it is written. After a wait, the context is then
 * that of the code that opened the connection. Listeners also cost a third of an untraced command.
 */
export function instrumentIoredis({ traceSql, libraries }: InstrumentSettings): () => void {
  const showsValues = traceSql === 'values'

  const aroundCommand: Around = (proceed, self, args) => {
    const profiler = get()
    if (profiler === undefined) return proceed(args)
    const [command, stream] = args as [Command, { readonly isPipeline?: boolean } | undefined]
    // A command comes again when its connection is ready, or when the cluster passes it to a node.
    if (isTraced(command) || stream?.isPipeline === true) return proceed(args)
    return sendStep(traceCommand(profiler, command), self as Client, command, () => proceed(args))
  }

  // With `enableAutoPipelining`, commands of several requests share a pipeline, so each is a point of its own.
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
    // While `_transactions` counts, this call only appends the EXEC, and the next one sends.
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
    // Work of a connection itself, and its later calls of listeners, belong to no request.
    Redis: { sendCommand: aroundCommand, ...wrapOwnWork('connect') },
    // The cluster asks a node for its slots after a command that met a moved slot.
    Cluster: { sendCommand: aroundCommand, ...wrapOwnWork('connect', 'refreshSlotsCache') },
    Pipeline: { sendCommand: aroundQueued, exec: aroundBatch },
  }
  return wrapLibrary('ioredis', [{ given: libraries.ioredis, classes }])
}

/** Overrides the methods that the library calls, because a handler on the promise would hide an unhandled rejection. */
function endWhenDeferred(deferred: Deferred, step: RedisStep, done: (value: unknown) => void): void {
  const { resolve, reject } = deferred
  markTraced(deferred)
  deferred.resolve = value => {
    // First, because it rejects a value that it cannot convert.
    Reflect.apply(resolve, deferred, [value])
    done(value)
  }
  deferred.reject = error => {
    Reflect.apply(reject, deferred, [error])
    step.fail(error)
  }
}

/** Sends one or more commands. Begins their point when the first one is written. */
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

/** Fails a batch if one of its commands failed, like Python's client. */
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
