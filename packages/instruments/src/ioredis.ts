import { bind, get, suppress } from '@osprofiler/core'
import { DatabaseStep } from './database-step.js'
import type { InstrumentSettings } from './instrument-settings.js'
import { whenLoaded } from './library-loads.js'
import { type RedisCommand, redisBatchInfo, redisFailure, redisInfo } from './redis-statement.js'
import { type Around, undoAll, wrapMethod } from './wrap-method.js'

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

/** A command, with what the library calls when it is written and when it is over. */
interface Command extends RedisCommand {
  toWritable(this: Command, ...args: unknown[]): unknown
  resolve(this: Command, value: unknown): void
  reject(this: Command, error: unknown): void
}

interface Pipeline {
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
  const traced = new WeakSet<object>()

  const aroundCommand: Around = (original, self, args) => {
    const profiler = get()
    if (profiler === undefined) return original.apply(self, args)
    const [command, stream] = args as [Command, { readonly isPipeline?: boolean } | undefined]
    // Once: it comes by again when its connection is ready, and from the cluster to one of its nodes.
    if (stream?.isPipeline === true || traced.has(command)) return original.apply(self, args)
    traced.add(command)
    const step = new DatabaseStep(profiler, redisInfo(command, values))
    whenOver(
      command,
      () => step.stop(),
      error => step.fail(redisFailure(error, [command], values)),
    )
    return sendStep(step, self as Client, command, () => original.apply(self, args))
  }

  // With `enableAutoPipelining` the commands of several requests meet in one pipeline: each is a point of its own.
  const aroundQueued: Around = (original, self, args) => {
    const profiler = isAutomatic(self as object) ? get() : undefined
    const [command] = args as [Command]
    if (profiler !== undefined && !traced.has(command)) {
      traced.add(command)
      const step = new DatabaseStep(profiler, redisInfo(command, values))
      step.send()
      whenOver(
        command,
        () => step.stop(),
        error => step.fail(redisFailure(error, [command], values)),
      )
    }
    return original.apply(self, args)
  }

  const aroundBatch: Around = (original, self, args) => {
    const pipeline = self as Pipeline
    const profiler = get()
    // While `_transactions` counts, this call only puts the EXEC at the end; the next one sends.
    const sends = profiler !== undefined && pipeline._transactions === 0 && pipeline._queue.length > 0
    if (!sends || isAutomatic(pipeline) || traced.has(pipeline)) return original.apply(self, args)
    traced.add(pipeline)
    const commands = [...pipeline._queue]
    const transaction = commands[0]?.name === 'multi' && commands.at(-1)?.name === 'exec'
    const inner = transaction ? commands.slice(1, -1) : commands
    const step = new DatabaseStep(profiler, redisBatchInfo(inner, transaction, values))
    whenOver(
      pipeline,
      results => endBatch(step, results, commands, values),
      error => step.fail(redisFailure(error, commands, values)),
    )
    return sendStep(step, pipeline.redis, commands[0], () => original.apply(self, args))
  }

  const wrap = (exports: unknown) => {
    const { Redis, Cluster, Pipeline } = exports as Ioredis
    return undoAll([
      wrapMethod(Redis.prototype, 'sendCommand', aroundCommand),
      wrapMethod(Cluster.prototype, 'sendCommand', aroundCommand),
      wrapMethod(Redis.prototype, 'connect', aroundConnect),
      wrapMethod(Cluster.prototype, 'connect', aroundConnect),
      wrapMethod(Pipeline.prototype, 'sendCommand', aroundQueued),
      wrapMethod(Pipeline.prototype, 'exec', aroundBatch),
    ])
  }
  return whenLoaded('ioredis', wrap, { given: libraries.ioredis })
}

/** What a connection does by itself, and what it later hands to listeners, belongs to no request. */
const aroundConnect: Around = (original, self, args) => {
  if (get() === undefined) return original.apply(self, args)
  const bound = args.map(arg => (typeof arg === 'function' ? bind(arg as () => unknown) : arg))
  return suppress(() => original.apply(self, bound))
}

/** Sends a command, or several of which this is the first, and begins its point when it is written. */
function sendStep(step: DatabaseStep, client: Client, first: Command | undefined, send: () => unknown): unknown {
  if (client.status === 'ready' && client.isCluster !== true) {
    step.send()
    return send()
  }
  if (first !== undefined) whenWritten(first, () => step.send())
  const sent = send()
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

/** By what the library calls, not by the promise: a failure that nobody handles must stay one. */
function whenOver(
  work: Command | Pipeline,
  onResult: (value: unknown) => void,
  onError: (error: unknown) => void,
): void {
  const { resolve, reject } = work as Command
  work.resolve = function (this: Command, value: unknown) {
    // First: it rejects, itself, what it cannot make a result of.
    resolve.call(this, value)
    onResult(value)
  }
  work.reject = function (this: Command, error: unknown) {
    reject.call(this, error)
    onError(error)
  }
}

/** A batch has failed when one of its commands has, as in Python's client. */
function endBatch(step: DatabaseStep, results: unknown, commands: readonly Command[], values: boolean): void {
  const replies = Array.isArray(results) ? (results as [unknown, unknown][]) : []
  for (const [index, [error, reply]] of replies.entries()) {
    const command = commands[index]
    if (error && command) return step.fail(redisFailure(error, [command], values))
    if (command?.name !== 'exec' || !Array.isArray(reply)) continue
    const inner = reply.findIndex(value => value instanceof Error)
    const failed = commands[index - reply.length + inner]
    if (inner >= 0 && failed) return step.fail(redisFailure(reply[inner], [failed], values))
  }
  step.stop()
}

/** Whether ioredis has made this pipeline by itself. */
function isAutomatic(pipeline: object): boolean {
  return Object.getOwnPropertySymbols(pipeline).some(({ description }) => description === 'callbacks')
}
