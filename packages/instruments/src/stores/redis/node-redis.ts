import { get, type Point, type Profiler, suppress } from '@osprofiler/core'
import { Array, Error, isError, Map, Reflect, Set, String, settle, takeContext, types } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../../loading/wrap-library.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { endWhenSettled } from '../../points/end-step.js'
import { startWait } from '../../points/start-wait.js'
import { listen } from '../../wrapping/diagnostics-channels.js'
import { aroundOwnWork, ownWork } from '../../wrapping/keep-context.js'
import { standInOnce } from '../../wrapping/stand-in-once.js'
import { type Around, type Method, undoAll } from '../../wrapping/wrap-method.js'
import { aroundSubscription } from './node-redis-subscribe.js'
import { type RedisCommand, redisBatchInfo, redisInfo } from './redis-statement.js'
import { RedisStep } from './redis-step.js'

interface Client {
  readonly isOpen: boolean
  readonly isReady: boolean
  /** From 5.12 on: what the channel tells it by. */
  readonly _clientId?: string
}

const { isPromise } = types

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

  function traceCalls(open: (profiler: Profiler, first: readonly unknown[]) => RedisStep): Around {
    return (proceed, self, args) => {
      const profiler = get()
      const [first] = args
      if (profiler === undefined || !Array.isArray(first)) return proceed(args)
      const step = open(profiler, first)
      const settled = begin(step, self as Client)
      const end = (error: unknown, ago: number): void => {
        settled()
        if (error === undefined || isRedirection(error)) step.stop(ago)
        else step.fail(error, undefined, ago)
      }
      return settle(() => proceed(args), {
        // A batch has failed when one of its commands has.
        done: (replies, ago) => end(Array.isArray(replies) ? replies.find(isError) : undefined, ago),
        failed: (error, ago) => end(error ?? new Error(String(error)), ago),
      })
    }
  }

  const aroundCommand = traceCalls((profiler, words) => {
    const command = readCommand(words)
    return new RedisStep(profiler, [command], redisInfo(command, values), values)
  })

  function aroundBatch(transaction: boolean): Around {
    return traceCalls((profiler, queue) => {
      const commands = (queue as Queued[]).map(({ args }) => readCommand(args))
      return new RedisStep(profiler, commands, redisBatchInfo(commands, transaction, values), values)
    })
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

  function onReady({ clientId = '' }: { readonly clientId?: string }): void {
    for (const step of waiting.get(clientId) ?? []) step.send()
  }

  const aroundClient = {
    sendCommand: aroundCommand,
    _executePipeline: aroundBatch(false),
    _executeMulti: aroundBatch(true),
    connect: aroundOwnWork,
  }
  const aroundPool = { execute: aroundExecute, connect: aroundOwnWork }
  const aroundQueue = {
    subscribe: aroundSubscription('SUBSCRIBE', values),
    unsubscribe: aroundSubscription('UNSUBSCRIBE', values),
  }
  return undoAll([
    listen({ 'node-redis:connection:ready': onReady }),
    wrapLibrary('@redis/client', [
      { file: 'dist/lib/client/index.js', classes: { default: aroundClient } },
      { file: 'dist/lib/client/commands-queue.js', classes: { default: aroundQueue } },
      { file: 'dist/lib/cluster/index.js', classes: { default: OWN_WORK } },
      { file: 'dist/lib/cluster/cluster-slots.js', classes: { default: OWN_WORK } },
      { file: 'dist/lib/sentinel/index.js', classes: { default: OWN_WORK, RedisSentinelInternal: SENTINEL_WORK } },
      { file: 'dist/lib/client/pool.js', classes: { RedisClientPool: aroundPool } },
    ]),
  ])
}

/** A command of a pipeline. */
interface Queued {
  readonly args: readonly unknown[]
}

function readCommand([name, ...args]: readonly unknown[]): RedisCommand {
  return { name, args }
}

interface Pool {
  readonly totalClients: number
}

/** What a connection does by itself, and what it later hands to listeners, belongs to no request. */
const OWN_WORK = ownWork('connect', 'rediscover')

/** How a Sentinel looks for the servers: when it connects, and when a command has failed. */
const SENTINEL_WORK = ownWork('connect', 'observe', 'transform')

/** Runs what a pool is asked to run in the context of who asked, after a point for the time that it had to wait. */
const aroundExecute: Around = (proceed, self, args) => {
  const [work] = args
  if (typeof work !== 'function') return proceed(args)
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
  const result = suppress(() => proceed([bound]))
  if (profiler === undefined || begun || !isPromise(result)) return result
  // For whoever has to wait, the pool opens one more connection as long as there is room.
  const reason = (self as Pool).totalClients > totalClients ? 'connection' : 'pool'
  wait = startWait(profiler, reason)
  return endWhenSettled(wait, () => result)
}

/** How a node of a cluster says which one to ask instead. The client does, and that is a call of its own. */
function isRedirection(error: unknown): boolean {
  return isError(error) && /^(?:MOVED|ASK) \d/.test(error.message)
}
