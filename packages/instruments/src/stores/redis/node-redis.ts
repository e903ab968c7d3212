import { get, type Point, type Profiler, suppress } from '@osprofiler/core'
import { Array, Error, isError, Map, Reflect, Set, String, settle, takeContext, types } from '@osprofiler/core/toolkit'
import { wrapLibrary } from '../../loading/wrap-library.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { endWhenSettled } from '../../points/end-step.js'
import { startWait } from '../../points/start-wait.js'
import { listen } from '../../wrapping/diagnostics-channels.js'
import { aroundOwnWork, wrapOwnWork } from '../../wrapping/keep-context.js'
import { standInOnce } from '../../wrapping/stand-in-once.js'
import { type Around, type Method, undoAll } from '../../wrapping/wrap-method.js'
import { aroundSubscription } from './node-redis-subscribe.js'
import { describeRedisBatch, describeRedisCommand, type RedisCommand } from './redis-statement.js'
import { RedisStep } from './redis-step.js'

interface Client {
  readonly isOpen: boolean
  readonly isReady: boolean
  /** The client's id in channel messages, from 5.12 on. */
  readonly _clientId?: string
}

const { isPromise } = types

/**
 * Records the commands of node-redis 5 and 6 (the package `redis`) as points named `db`, and a pipeline or `MULTI` as
 * one point. A wait for a pool connection is a point named `wait`. In 5.12 and later, a wait for any other connection
 * is also a point.
 *
 * Wraps methods instead of using the command channels. A pool runs a waiting call in the context of the code that
 * returned the connection, and the channels report the call in that context.
 */
export function instrumentNodeRedis({ traceSql }: InstrumentSettings): () => void {
  const showsValues = traceSql === 'values'
  const waitingSteps = new Map<string, Set<RedisStep>>()

  function createAroundCall(open: (profiler: Profiler, first: readonly unknown[]) => RedisStep): Around {
    return (proceed, self, args) => {
      const profiler = get()
      const [first] = args
      if (profiler === undefined || !Array.isArray(first)) return proceed(args)
      const step = open(profiler, first)
      const stopWaiting = sendWhenReady(step, self as Client)
      const end = (error: unknown, ago: number): void => {
        stopWaiting()
        if (error === undefined || isRedirection(error)) step.stop(ago)
        else step.fail(error, undefined, ago)
      }
      return settle(() => proceed(args), {
        // If one of a batch's commands failed, the batch fails.
        done: (replies, ago) => end(Array.isArray(replies) ? replies.find(isError) : undefined, ago),
        failed: (error, ago) => end(error ?? new Error(String(error)), ago),
      })
    }
  }

  const aroundCommand = createAroundCall((profiler, words) => {
    const command = readCommand(words)
    return new RedisStep(profiler, [command], describeRedisCommand(command, showsValues), showsValues)
  })

  function aroundBatch(isTransaction: boolean): Around {
    return createAroundCall((profiler, queue) => {
      const commands = (queue as Queued[]).map(({ args }) => readCommand(args))
      return new RedisStep(profiler, commands, describeRedisBatch(commands, isTransaction, showsValues), showsValues)
    })
  }

  /** Sends the step when its connection is ready. Returns a function that cancels this. */
  function sendWhenReady(step: RedisStep, { isOpen, isReady, _clientId }: Client): () => void {
    // Before 5.12, nothing reports that the connection is ready, so the wait is part of the command's point.
    if (isReady || !isOpen || _clientId === undefined) {
      step.send()
      return () => undefined
    }
    step.wait()
    const steps = waitingSteps.get(_clientId) ?? new Set()
    waitingSteps.set(_clientId, steps.add(step))
    return () => {
      steps.delete(step)
      if (steps.size === 0) waitingSteps.delete(_clientId)
    }
  }

  function onReady({ clientId = '' }: { readonly clientId?: string }): void {
    for (const step of waitingSteps.get(clientId) ?? []) step.send()
  }

  const aroundClient = {
    sendCommand: aroundCommand,
    _executePipeline: aroundBatch(false),
    _executeMulti: aroundBatch(true),
    connect: aroundOwnWork,
  }
  const aroundPool = { execute: aroundExecute, connect: aroundOwnWork }
  const aroundQueue = {
    subscribe: aroundSubscription('SUBSCRIBE', showsValues),
    unsubscribe: aroundSubscription('UNSUBSCRIBE', showsValues),
  }
  return undoAll([
    listen({ 'node-redis:connection:ready': onReady }),
    wrapLibrary('@redis/client', [
      { file: 'dist/lib/client/index.js', classes: { default: aroundClient } },
      { file: 'dist/lib/client/commands-queue.js', classes: { default: aroundQueue } },
      { file: 'dist/lib/cluster/index.js', classes: { default: CONNECTION_OWN_WORK } },
      { file: 'dist/lib/cluster/cluster-slots.js', classes: { default: CONNECTION_OWN_WORK } },
      {
        file: 'dist/lib/sentinel/index.js',
        classes: { default: CONNECTION_OWN_WORK, RedisSentinelInternal: SENTINEL_OWN_WORK },
      },
      { file: 'dist/lib/client/pool.js', classes: { RedisClientPool: aroundPool } },
    ]),
  ])
}

interface Queued {
  readonly args: readonly unknown[]
}

function readCommand([name, ...args]: readonly unknown[]): RedisCommand {
  return { name, args }
}

interface Pool {
  readonly totalClients: number
}

/** A connection's own work, and the listeners that it calls later, belong to no request. */
const CONNECTION_OWN_WORK = wrapOwnWork('connect', 'rediscover')

/** Methods with which a Sentinel client discovers its servers, when it connects and after a failed command. */
const SENTINEL_OWN_WORK = wrapOwnWork('connect', 'observe', 'transform')

/**
 * Runs a function that the program passed to a pool. The function runs in its caller's context, after a point for the
 * wait.
 */
const aroundExecute: Around = (proceed, self, args) => {
  const [work] = args
  if (typeof work !== 'function') return proceed(args)
  const profiler = get()
  const { totalClients } = self as Pool
  let hasBegun = false
  let wait: Point | undefined
  const inContext = takeContext()
  const boundWork = standInOnce(work as Method, (method, methodSelf, given) => {
    hasBegun = true
    wait?.stop()
    return inContext(() => Reflect.apply(method, methodSelf, given))
  })
  // The pool may open a connection for this call, and that connection outlives the call.
  const result = suppress(() => proceed([boundWork]))
  if (profiler === undefined || hasBegun || !isPromise(result)) return result
  // As long as the pool is not full, it opens a connection for each waiting call.
  const reason = (self as Pool).totalClients > totalClients ? 'connection' : 'pool'
  wait = startWait(profiler, reason)
  return endWhenSettled(wait, () => result)
}

/**
 * Returns whether a cluster node redirected the command to another node. The client then sends the command to that node
 * in a separate call.
 */
function isRedirection(error: unknown): boolean {
  return isError(error) && /^(?:MOVED|ASK) \d/.test(error.message)
}
