import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { get, type Point, type PointInfo, suppress } from '@osprofiler/core'
import { Array, Error, isError, Map, Reflect, Set, String, settle, takeContext, types } from '@osprofiler/core/toolkit'
import { whenLoaded } from '../../loading/library-loads.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { endWhenSettled } from '../../points/end-step.js'
import { aroundOwnWork } from '../../wrapping/keep-context.js'
import { standInOnce } from '../../wrapping/stand-in-once.js'
import { type Around, type Method, undoAll, wrapMethod, wrapMethods } from '../../wrapping/wrap-method.js'
import { wrapSubscriptions } from './node-redis-subscribe.js'
import { type RedisCommand, redisBatchInfo, redisFailure, redisInfo } from './redis-statement.js'
import { RedisStep } from './redis-step.js'

interface Client {
  readonly isOpen: boolean
  readonly isReady: boolean
  /** From 5.12 on: what the channel tells it by. */
  readonly _clientId?: string
}

const { isPromise } = types

const READY = 'node-redis:connection:ready'

/**
 * Makes the commands of node-redis 5.12 and 6 (the package `redis`) points named `db`, and a pipeline or `MULTI` one
 * point. What has to wait for its connection, or for one of a pool, is a point `wait` until then.
 *
 * By its methods, not by its channels of commands: a pool runs what waited for it, and the channels tell of that, in
 * the context of whoever gave the connection back.
 */
export function instrumentNodeRedis({ traceSql }: InstrumentSettings): () => void {
  const values = traceSql === 'values'
  const waiting = new Map<string, Set<RedisStep>>()

  function traceCalls(
    readCommands: (first: readonly unknown[]) => readonly RedisCommand[],
    describe: Describe,
  ): Around {
    return (original, self, args) => {
      const profiler = get()
      const [first] = args
      if (profiler === undefined || !Array.isArray(first)) return Reflect.apply(original, self, args)
      const commands = readCommands(first)
      const step = new RedisStep(profiler, describe(commands))
      const settled = begin(step, self as Client)
      const end = (error: unknown, ago: number): void => {
        settled()
        if (error === undefined || isRedirection(error)) step.stop(undefined, ago)
        else step.fail(redisFailure(error, commands, values), undefined, ago)
      }
      return settle(() => Reflect.apply(original, self, args), {
        // A batch has failed when one of its commands has.
        done: (replies, ago) => end(Array.isArray(replies) ? replies.find(isError) : undefined, ago),
        failed: (error, ago) => end(error ?? new Error(String(error)), ago),
      })
    }
  }

  /** Sends the step when its connection is ready; the function that it returns stops looking out for that. */
  function begin(step: RedisStep, { isOpen, isReady, _clientId }: Client): () => void {
    if (isReady || !isOpen || _clientId === undefined) {
      step.send()
      return () => undefined
    }
    step.wait()
    const steps = waiting.get(_clientId) ?? new Set()
    waiting.set(_clientId, steps.add(step))
    return () => {
      steps.delete(step)
      if (steps.size === 0) waiting.delete(_clientId)
    }
  }

  function onReady(message: unknown): void {
    for (const step of waiting.get((message as { clientId?: string }).clientId ?? '') ?? []) step.send()
  }

  subscribe(READY, onReady)
  const undos = [
    () => unsubscribe(READY, onReady),
    whenLoaded('@redis/client', exports => wrapClient(exports as ClientFile), { file: 'dist/lib/client/index.js' }),
    whenLoaded('@redis/client', exports => wrapSubscriptions(exports as ClientFile, values), {
      file: 'dist/lib/client/commands-queue.js',
    }),
    whenLoaded('@redis/client', wrapOwnWork, { file: 'dist/lib/cluster/index.js' }),
    whenLoaded('@redis/client', wrapOwnWork, { file: 'dist/lib/cluster/cluster-slots.js' }),
    whenLoaded('@redis/client', wrapSentinel, { file: 'dist/lib/sentinel/index.js' }),
    whenLoaded('@redis/client', exports => wrapPool(exports as PoolFile), { file: 'dist/lib/client/pool.js' }),
  ]
  return undoAll(undos)

  function wrapClient({ default: { prototype } }: ClientFile): () => void {
    const aroundCommand = traceCalls(
      words => [readCommand(words)],
      ([command]) => redisInfo(command as RedisCommand, values),
    )
    const aroundBatch = (transaction: boolean): Around =>
      traceCalls(
        queue => (queue as Queued[]).map(({ args }) => readCommand(args)),
        commands => redisBatchInfo(commands, transaction, values),
      )
    return undoAll([
      wrapMethod(prototype, 'sendCommand', aroundCommand),
      wrapMethod(prototype, '_executePipeline', aroundBatch(false)),
      wrapMethod(prototype, '_executeMulti', aroundBatch(true)),
      wrapMethod(prototype, 'connect', aroundOwnWork),
    ])
  }
}

type Describe = (commands: readonly RedisCommand[]) => PointInfo

/** A command of a pipeline. */
interface Queued {
  readonly args: readonly unknown[]
}

function readCommand([name, ...args]: readonly unknown[]): RedisCommand {
  return { name, args }
}

/** A file that has the class of a client, of its queue, of a cluster or a Sentinel. */
interface ClientFile {
  readonly default: Class
}

interface Class {
  readonly prototype: object
}

interface PoolFile {
  readonly RedisClientPool: Class
}

interface Pool {
  readonly totalClients: number
}

/** What a connection does by itself, and what it later hands to listeners, belongs to no request. */
const OWN_WORK = ['connect', 'rediscover']

function wrapOwnWork(exports: unknown): () => void {
  return wrapMethods((exports as ClientFile).default.prototype, OWN_WORK, aroundOwnWork)
}

/** How a Sentinel looks for the servers: when it connects, and when a command has failed. */
const SENTINEL_WORK = ['connect', 'observe', 'transform']

function wrapSentinel(exports: unknown): () => void {
  const { RedisSentinelInternal, ...file } = exports as ClientFile & { readonly RedisSentinelInternal?: Class }
  const undo = wrapOwnWork(file)
  if (RedisSentinelInternal === undefined) return undo
  return undoAll([undo, wrapMethods(RedisSentinelInternal.prototype, SENTINEL_WORK, aroundOwnWork)])
}

function wrapPool({ RedisClientPool: { prototype } }: PoolFile): () => void {
  return undoAll([wrapMethod(prototype, 'execute', aroundExecute), wrapMethod(prototype, 'connect', aroundOwnWork)])
}

/** Runs what a pool is asked to run in the context of who asked, after a point for the time that it had to wait. */
const aroundExecute: Around = (original, self, args) => {
  const [work] = args
  if (typeof work !== 'function') return Reflect.apply(original, self, args)
  const profiler = get()
  const { totalClients } = self as Pool
  let begun = false
  let wait: Point | undefined
  const inContext = takeContext()
  const bound = standInOnce(work as Method, (method, methodSelf, given) => {
    begun = true
    wait?.stop()
    return inContext(() => Reflect.apply(method, methodSelf, given))
  })
  // A connection that the pool opens for this call stays when the call is over.
  const result = suppress(() => Reflect.apply(original, self, [bound]))
  if (profiler === undefined || begun || !isPromise(result)) return result
  // For whoever has to wait, the pool opens one more connection as long as there is room.
  const reason = (self as Pool).totalClients > totalClients ? 'connection' : 'pool'
  wait = profiler.startBeside('wait', { wait: { for: reason } })
  return endWhenSettled(wait, () => result)
}

/** How a node of a cluster says which one to ask instead. The client does, and that is a call of its own. */
function isRedirection(error: unknown): boolean {
  return isError(error) && /^(?:MOVED|ASK) \d/.test(error.message)
}
