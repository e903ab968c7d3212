import { get, type Profiler } from '@osprofiler/core'
import { Array, isError, Object, Reflect } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../../loading/library-loads.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { aroundOwnWork } from '../../wrapping/keep-context.js'
import { type Around, type Method, undoAll, wrapMethod } from '../../wrapping/wrap-method.js'
import { type RedisCommand, redisBatchInfo, redisFailure, redisInfo } from './redis-statement.js'
import { RedisStep } from './redis-step.js'

/** The part of ioredis 5 and 6 that is wrapped. */
interface Ioredis {
  readonly Redis: { readonly prototype: object }
  readonly Cluster: { readonly prototype: object }
  readonly Pipeline: { readonly prototype: object }
}

/** A connection, or a cluster of them. */
interface Client {
  readonly status: string
  readonly isCluster?: boolean
}

// A property, which is cheaper than a set of all commands; the same one in all copies of this package.
const TRACED = Symbol.for('osprofiler.instruments.traced')

/** A command, with what the library calls when it is written and when it is over. */
interface Command extends RedisCommand {
  [TRACED]?: true
  toWritable(this: Command, ...args: unknown[]): unknown
  resolve(this: Command, value: unknown): void
  reject(this: Command, error: unknown): void
}

interface Pipeline {
  [TRACED]?: true
  readonly redis: Client
  readonly _transactions: number
  readonly _queue: readonly Command[]
  resolve(this: Pipeline, results: unknown): void
  reject(this: Pipeline, error: unknown): void
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

  const aroundCommand: Around = (original, self, args) => {
    const profiler = get()
    if (profiler === undefined) return Reflect.apply(original, self, args)
    const [command, stream] = args as [Command, { readonly isPipeline?: boolean } | undefined]
    // Once: it comes by again when its connection is ready, and from the cluster to one of its nodes.
    if (command[TRACED] === true || stream?.isPipeline === true) return Reflect.apply(original, self, args)
    return sendStep(traceCommand(profiler, command), self as Client, command, original, args)
  }

  // With `enableAutoPipelining` the commands of several requests meet in one pipeline: each is a point of its own.
  const aroundQueued: Around = (original, self, args) => {
    const profiler = get()
    const [command] = args as [Command]
    if (profiler !== undefined && command[TRACED] !== true && isAutomatic(self as object)) {
      traceCommand(profiler, command).send()
    }
    return Reflect.apply(original, self, args)
  }

  const aroundBatch: Around = (original, self, args) => {
    const pipeline = self as Pipeline
    const profiler = get()
    // While `_transactions` counts, this call only puts the EXEC at the end; the next one sends.
    const sends = profiler !== undefined && pipeline._transactions === 0 && pipeline._queue.length > 0
    if (!sends || isAutomatic(pipeline) || pipeline[TRACED] === true) return Reflect.apply(original, self, args)
    const step = traceBatch(profiler, pipeline)
    return sendStep(step, pipeline.redis, pipeline._queue[0], original, args, self)
  }

  function traceCommand(profiler: Profiler, command: Command): RedisStep {
    const step = new RedisStep(profiler, redisInfo(command, values))
    const { resolve, reject } = command
    command[TRACED] = true
    // By what the library calls, not by the promise: a failure that nobody handles must stay one.
    command.resolve = value => {
      // First: it rejects, itself, what it cannot make a result of.
      Reflect.apply(resolve, command, [value])
      step.stop()
    }
    command.reject = error => {
      Reflect.apply(reject, command, [error])
      step.fail(redisFailure(error, [command], values))
    }
    return step
  }

  function traceBatch(profiler: Profiler, pipeline: Pipeline): RedisStep {
    const commands = [...pipeline._queue]
    const transaction = commands[0]?.name === 'multi' && commands.at(-1)?.name === 'exec'
    const inner = transaction ? commands.slice(1, -1) : commands
    const step = new RedisStep(profiler, redisBatchInfo(inner, transaction, values))
    const { resolve, reject } = pipeline
    pipeline[TRACED] = true
    pipeline.resolve = results => {
      Reflect.apply(resolve, pipeline, [results])
      endBatch(step, results, commands, values)
    }
    pipeline.reject = error => {
      Reflect.apply(reject, pipeline, [error])
      step.fail(redisFailure(error, commands, values))
    }
    return step
  }

  const wrap = (exports: unknown) => {
    const { Redis, Cluster, Pipeline } = exports as Ioredis
    return undoAll([
      wrapMethod(Redis.prototype, 'sendCommand', aroundCommand),
      wrapMethod(Cluster.prototype, 'sendCommand', aroundCommand),
      // What a connection does by itself, and what it later hands to listeners, belongs to no request.
      wrapMethod(Redis.prototype, 'connect', aroundOwnWork),
      wrapMethod(Cluster.prototype, 'connect', aroundOwnWork),
      // Asked of a node when a command met a slot that has moved.
      wrapMethod(Cluster.prototype, 'refreshSlotsCache', aroundOwnWork),
      wrapMethod(Pipeline.prototype, 'sendCommand', aroundQueued),
      wrapMethod(Pipeline.prototype, 'exec', aroundBatch),
    ])
  }
  return whenLoaded('ioredis', wrap, { given: libraries.ioredis })
}

/** Sends a command, or several of which this is the first, and begins its point when it is written. */
function sendStep(
  step: RedisStep,
  client: Client,
  first: Command | undefined,
  original: Method,
  args: unknown[],
  self: unknown = client,
): unknown {
  if (client.status === 'ready' && client.isCluster !== true) {
    step.send()
    return Reflect.apply(original, self, args)
  }
  if (first !== undefined) whenWritten(first, () => step.send())
  const sent = Reflect.apply(original, self, args)
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
function endBatch(step: RedisStep, results: unknown, commands: readonly Command[], values: boolean): void {
  const replies = Array.isArray(results) ? (results as [unknown, unknown][]) : []
  for (const [index, [error, reply]] of replies.entries()) {
    const command = commands[index]
    if (error && command) return step.fail(redisFailure(error, [command], values))
    if (command?.name !== 'exec' || !Array.isArray(reply)) continue
    const inner = reply.findIndex(value => isError(value))
    const failed = commands[index - reply.length + inner]
    if (inner >= 0 && failed) return step.fail(redisFailure(reply[inner], [failed], values))
  }
  step.stop()
}

/** Whether ioredis has made this pipeline by itself. */
function isAutomatic(pipeline: object): boolean {
  return Object.getOwnPropertySymbols(pipeline).some(({ description }) => description === 'callbacks')
}
