import { hostname } from 'node:os'
import { type HmacKeys, OsprofilerError } from '@osprofiler/core'
import type { CallOptions, TraceStats } from '@osprofiler/core/rpc'
import {
  checkOptions,
  createRateLimitedWarning,
  Math,
  type OptionKinds,
  performance,
  TypeError,
  waitAtMost,
} from '@osprofiler/core/toolkit'
import type { ConsumeMessage } from 'amqplib'
import { createRunTraced, type TraceContext } from '../run-traced.js'
import type { Connect } from './broker/connection.js'
import { declareExchange } from './broker/declare-exchange.js'
import type { PublishingChannel } from './broker/publishing-channel.js'
import { RABBIT_OPTION_KINDS, type RabbitOptions, readRabbitOptions } from './broker/rabbit-options.js'
import { createReconnectingChannel } from './broker/reconnecting-channel.js'
import { createHexId } from './messages/message.js'
import { createCallHandler } from './serving/call-handler.js'
import { checkEndpoints } from './serving/endpoints.js'
import { createReplies, type ReplyOptions } from './serving/replies.js'

/** Options of `createOsloServer`: the topic to serve, the methods, and the limits. */
export interface OsloServerOptions extends RabbitOptions, ReplyOptions {
  readonly topic: string
  /**
   * The name of this server. Callers that request a `server` reach only the server with this name. Default: the host
   * name.
   */
  readonly server?: string | undefined
  /** The exchange of the topic. This is the `control_exchange` of the services. Default `openstack`. */
  readonly exchange?: string | undefined
  /** One or more objects with methods. Each object may have a member `target` with its `namespace` and `version`. */
  readonly endpoints: object | readonly object[]
  /** The keys with which callers may sign traces. Default: the keys of `configure`, `setup` or the environment. */
  readonly hmacKeys?: HmacKeys | undefined
  /** Limits and hooks for traces, as for `createRunTraced`. */
  readonly trace?: CallOptions<TraceContext> | undefined
  /** Maximum number of calls that are served at the same time. Further calls wait in the broker. Default 64. */
  readonly maxConcurrentCalls?: number | undefined
  /** Whether to answer calls of `oslo_rpc_server_ping`. Default false. */
  readonly rpc_ping_enabled?: boolean | undefined
  /**
   * Called with the error and the call if a method fails, and with only the error if the broker fails. By default, the
   * server emits a process warning.
   */
  readonly onError?: ((error: unknown, call?: OsloCall) => void) | undefined
}

/** A call that failed. It is passed to `onError`. Its names are shortened to 200 characters. */
export interface OsloCall {
  readonly method: string
  readonly namespace: string | undefined
  readonly version: string
}

/** A running server for a topic, as returned by `createOsloServer`. */
export interface OsloServer {
  /** Counts the calls that contained a trace: the traced calls, and the refused calls for each reason. */
  readonly stats: TraceStats
  /**
   * Accepts no more calls, and finishes the calls in progress. Resolves within `timeout` milliseconds. Default 5,000.
   */
  close(timeout?: number): Promise<void>
}

const OPTION_KINDS: OptionKinds<OsloServerOptions> = {
  topic: 'string',
  server: 'string',
  exchange: 'string',
  endpoints: 'any',
  hmacKeys: 'any',
  trace: 'any',
  maxConcurrentCalls: 'number',
  rpc_ping_enabled: 'boolean',
  onError: 'function',
  direct_mandatory_flag: 'boolean',
  kombu_missing_consumer_retry_timeout: 'number',
  ...RABBIT_OPTION_KINDS,
}

/**
 * Serves a topic of OpenStack's oslo.messaging over RabbitMQ, as Python's RPC server does. Callers can reach any server
 * of the topic, only this server, or all servers (fan-out). If a call contains a trace that was signed with one of the
 * keys, the call becomes part of that trace. Resolves when the server is ready for calls. Lost channels and connections
 * are reopened.
 *
 * @throws TypeError for a wrong option, OsprofilerError `ERR_BROKER` if the broker does not answer or its declarations
 * differ
 * @example const server = await createOsloServer(() => amqplib.connect(url), { topic: 'orders', endpoints: { create:
 * (context, { item }) => save(item) }, rabbit_quorum_queue: true, })
 */
export async function createOsloServer(connect: Connect, options: OsloServerOptions): Promise<OsloServer> {
  checkServerOptions(options)
  const { topic, server = hostname(), exchange = 'openstack', hmacKeys, trace, maxConcurrentCalls = 64 } = options
  const declarations = readRabbitOptions(options)
  const endpoints = [...checkEndpoints(options.endpoints), ...(options.rpc_ping_enabled ? [PING_ENDPOINT] : [])]
  const onError = ignoreHookErrors(options.onError ?? createWarningHook())
  const fanout = `${topic}_fanout`
  const fanoutQueue = `${fanout}_${createHexId()}`
  const consumerTags: string[] = []
  const reconnecting = createReconnectingChannel(connect, {
    prepare,
    isWanted: () => true,
    keepsProcessAlive: true,
    onFailure: error => onError(error),
    onEnded: error => onError(error),
  })
  const replies = createReplies(reconnecting, options, onError)
  const runTraced = createRunTraced(hmacKeys, trace)
  const callHandler = createCallHandler({ endpoints, runTraced, replies, maxConcurrentCalls, onError })

  async function prepare(open: PublishingChannel): Promise<void> {
    const { channel, connection } = open
    await declareExchange(connection, exchange, 'topic', declarations.topic)
    await declareExchange(connection, fanout, 'fanout', { ...declarations.transient, autoDelete: true })
    await channel.prefetch(maxConcurrentCalls)
    for (const queue of [topic, `${topic}.${server}`]) {
      await channel.assertQueue(queue, declarations.topic)
      await channel.bindQueue(queue, exchange, queue)
    }
    await channel.assertQueue(fanoutQueue, declarations.transient)
    await channel.bindQueue(fanoutQueue, fanout, topic)
    consumerTags.length = 0
    for (const queue of [topic, `${topic}.${server}`, fanoutQueue]) {
      const { consumerTag } = await channel.consume(queue, delivery => onDelivery(open, delivery))
      consumerTags.push(consumerTag)
    }
  }

  function onDelivery(open: PublishingChannel, delivery: ConsumeMessage | null): void {
    if (delivery !== null) return callHandler.handle(open, delivery)
    // The broker canceled the consumer, because the queue was removed. The channel is closed, and a new channel will
    // declare the queue again.
    open.channel.close().catch(() => undefined)
  }

  try {
    await reconnecting.open()
  } catch (error) {
    await reconnecting.close(0, async () => undefined)
    throw error
  }
  return {
    get stats() {
      return runTraced.stats
    },
    async close(timeout = 5_000) {
      const deadline = performance.now() + timeout
      await reconnecting.close(timeout, async ({ channel }) => {
        for (const tag of consumerTags) await channel.cancel(tag)
        // The calls get 80% of the remaining time, because the requests to the broker also take time.
        await waitAtMost(callHandler.drain(), Math.max(0, (deadline - performance.now()) * 0.8))
        await channel.deleteQueue(fanoutQueue)
      })
    },
  }
}

const PING_ENDPOINT = { oslo_rpc_server_ping: () => 'pong' }

function checkServerOptions(options: OsloServerOptions): void {
  checkOptions('createOsloServer()', options, OPTION_KINDS)
  if (!options.topic) throw new TypeError('createOsloServer() needs a topic')
  if (options.maxConcurrentCalls !== undefined && options.maxConcurrentCalls < 1) {
    throw new TypeError('maxConcurrentCalls must be at least 1')
  }
}

type OnError = (error: unknown, call?: OsloCall) => void

function ignoreHookErrors(onError: OnError): OnError {
  return (error, call) => {
    try {
      onError(error, call)
    } catch {
      // An error that `onError` throws must not end the process.
    }
  }
}

function createWarningHook(): OnError {
  const warn = createRateLimitedWarning()
  return (error, call) => {
    const message =
      error instanceof OsprofilerError && call === undefined ? error.message : 'A call or a cast has failed.'
    warn(
      call === undefined ? 'broker' : 'call',
      'OSPROFILER_OSLO_MESSAGING',
      () => `${message} See onError of createOsloServer().`,
    )
  }
}
