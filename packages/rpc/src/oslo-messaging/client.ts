import { type HmacKeys, OsprofilerError, withTrace } from '@osprofiler/core'
import { checkOptions, Math, type OptionKinds, Set, String, TypeError } from '@osprofiler/core/toolkit'
import { injectTrace } from '../inject-trace.js'
import { toBrokerError } from './broker/broker-error.js'
import type { Connect } from './broker/connection.js'
import { declareExchange } from './broker/declare-exchange.js'
import type { Outcome, PublishingChannel } from './broker/publishing-channel.js'
import { RABBIT_OPTION_KINDS, type RabbitOptions, readRabbitOptions } from './broker/rabbit-options.js'
import { createReconnectingChannel } from './broker/reconnecting-channel.js'
import { MessageUndeliverable } from './messages/errors.js'
import {
  addContextPrefix,
  createHexId,
  decodeMessage,
  encodeMessage,
  isObject,
  type Message,
} from './messages/message.js'
import { WaitingCalls } from './waiting-calls.js'

/** The recipient of a call. If a member is missing, the value in the client's options is used. */
export interface OsloTarget {
  /** The name of one server of the topic. Default: any server of the topic. */
  readonly server?: string | undefined
  readonly namespace?: string | undefined
  /** The requested version of the interface. The default is 1.0, which is also the default of servers. */
  readonly version?: string | undefined
  readonly topic?: string | undefined
  /** The `control_exchange` of the services. Default `openstack`. */
  readonly exchange?: string | undefined
}

/** The recipient and the time limits of a call. */
export interface OsloCallOptions extends OsloTarget {
  /** How long to wait for a reply, in milliseconds. Default 60,000. */
  readonly timeout?: number | undefined
  /**
   * How often the server must report that it is still working on the call, in milliseconds (2,000 or more). If a report
   * is late, the call fails. Default: no reports are needed.
   */
  readonly monitorTimeout?: number | undefined
}

/** The recipient of a cast. A cast is a call without a reply. */
export interface OsloCastOptions extends OsloTarget {
  /** Whether to send the cast to all servers of the topic. Default false. */
  readonly fanout?: boolean | undefined
}

/** Options of `createOsloClient`. The recipient and the time limits are the defaults for each call. */
export interface OsloClientOptions extends OsloCallOptions, RabbitOptions {
  readonly topic: string
  /**
   * Whether to add the trace in Python's format, with the HMAC key _in plain text_ (see `injectTrace`). Default false.
   */
  readonly compatible?: boolean | undefined
  /** Keys that may be sent in plain text. Default: the keys of `configure`, `setup` or the environment. */
  readonly hmacKeys?: HmacKeys | undefined
}

/** A client of a service that uses oslo.messaging, as returned by `createOsloClient`. */
export interface OsloClient {
  /**
   * Calls a method, and resolves to its result. Rejects with RemoteError, MessagingTimeout, MessageUndeliverable or
   * `ERR_BROKER`.
   */
  call(context: object | null, method: string, args?: object, options?: OsloCallOptions): Promise<unknown>
  /** Makes a server run a method. Resolves when the broker has received the message. Rejects with `ERR_BROKER`. */
  cast(context: object | null, method: string, args?: object, options?: OsloCastOptions): Promise<void>
  /** Rejects all calls that wait for a reply, and closes within `timeout` milliseconds. Default 5,000. */
  close(timeout?: number): Promise<void>
}

const TARGET_KINDS: OptionKinds<OsloTarget> = {
  topic: 'string',
  server: 'string',
  exchange: 'string',
  namespace: 'string',
  version: 'string',
}
const CALL_OPTION_KINDS: OptionKinds<OsloCallOptions> = { ...TARGET_KINDS, timeout: 'number', monitorTimeout: 'number' }
const CAST_OPTION_KINDS: OptionKinds<OsloCastOptions> = { ...TARGET_KINDS, fanout: 'boolean' }
const CLIENT_OPTION_KINDS: OptionKinds<OsloClientOptions> = {
  ...CALL_OPTION_KINDS,
  compatible: 'boolean',
  hmacKeys: 'any',
  ...RABBIT_OPTION_KINDS,
}
// RabbitMQ rejects an expiration of this many milliseconds or more.
const MAX_EXPIRATION_MS = 2 ** 32

/**
 * Creates a client for OpenStack's services over RabbitMQ, like Python's RPC client. Each call in a trace becomes a
 * point named `rpc`. The points of the called service become children of this point. Connects on first use, and
 * reconnects after the connection was lost.
 *
 * @throws TypeError for a wrong option
 * @example const orders = createOsloClient(() => amqplib.connect(url), { topic: 'orders', rabbit_quorum_queue: true })
 * await orders.call({ user: 'alice' }, 'create', { item: 7 }, { timeout: 5_000 })
 */
export function createOsloClient(connect: Connect, options: OsloClientOptions): OsloClient {
  checkOptions('createOsloClient()', options, CLIENT_OPTION_KINDS)
  if (!options.topic) throw new TypeError('createOsloClient() needs a topic')
  const declarations = readRabbitOptions(options)
  const injectOptions = { compatible: options.compatible, hmacKeys: options.hmacKeys }
  const replyQueue = `reply_${createHexId()}`
  const waitingCalls = new WaitingCalls()
  let exchanges = new Set<string>()
  let replyConsumerTag = ''
  const reconnecting = createReconnectingChannel(connect, {
    prepare,
    isWanted: () => waitingCalls.size > 0,
    // The timeouts of waiting calls already keep the process alive.
    keepsProcessAlive: false,
    onFailure: () => undefined,
    onEnded: error => waitingCalls.failAll(error),
  })

  async function prepare(open: PublishingChannel): Promise<void> {
    const { channel } = open
    exchanges = new Set()
    await channel.assertQueue(replyQueue, declarations.transient)
    // A reply is acknowledged only after its call has received it. If the connection ends before the acknowledgment,
    // the broker delivers the reply again on the next connection.
    const { consumerTag } = await channel.consume(replyQueue, delivery => {
      if (delivery === null) return void channel.close().catch(() => undefined)
      try {
        waitingCalls.settle(decodeMessage(delivery.content, delivery.properties.headers?.compression))
      } catch {
        // The message is not an oslo.messaging reply, so it is dropped.
      }
      if (open.isOpen) channel.ack(delivery)
    })
    replyConsumerTag = consumerTag
  }

  /**
   * Removes the reply queue, unless a late reply may still arrive. If the queue were removed, the server would try
   * repeatedly to send the late reply.
   */
  async function removeReplyQueue({ channel }: PublishingChannel): Promise<void> {
    if (waitingCalls.hasGivenUp) return
    await channel.cancel(replyConsumerTag)
    await channel.deleteQueue(replyQueue)
  }

  async function publish(
    { topic, server, exchange }: Target,
    content: Buffer,
    { fanout = false, ...properties }: { readonly fanout?: boolean | undefined; readonly [name: string]: unknown },
  ): Promise<Outcome> {
    const open = await reconnecting.open()
    const name = fanout ? `${topic}_fanout` : exchange
    if (!exchanges.has(name)) {
      const declaration = fanout ? { ...declarations.transient, autoDelete: true } : declarations.topic
      await declareExchange(open.connection, name, fanout ? 'fanout' : 'topic', declaration).catch(error => {
        throw toBrokerError(error)
      })
      exchanges.add(name)
    }
    const routingKey = fanout ? '' : server === undefined ? topic : `${topic}.${server}`
    return await open.publish(name, routingKey, content, properties)
  }

  return {
    async call(context, method, args = {}, callOptions = {}) {
      checkCall(method, args, callOptions, CALL_OPTION_KINDS, 'call()')
      const timeout = callOptions.timeout ?? options.timeout ?? 60_000
      const monitorTimeout = callOptions.monitorTimeout ?? options.monitorTimeout
      const target = mergeTargets(options, callOptions)
      const name = `${target.topic}.${method}`
      return await withTrace('rpc', { function: { name }, messaging: describeMessaging('call', target) }, () => {
        const messageId = createHexId()
        const content = encodeMessage({
          ...createMessage(context, method, args, target),
          _msg_id: messageId,
          _reply_q: replyQueue,
          _timeout: monitorTimeout === undefined ? null : monitorTimeout / 1_000,
        })
        const properties = {
          mandatory: true,
          ...(timeout < MAX_EXPIRATION_MS && { expiration: String(Math.ceil(timeout)) }),
        }
        // `wait` is called only after all steps that may throw, so that an error leaves no call waiting.
        const reply = waitingCalls.wait(messageId, name, timeout, monitorTimeout)
        publish(target, content, properties).then(
          outcome => {
            if (outcome === 'returned')
              waitingCalls.fail(
                messageId,
                new MessageUndeliverable(`No server has received ${name}. Is a server of the topic running?`),
              )
            if (outcome === 'refused') waitingCalls.fail(messageId, createRefusedError(name))
          },
          error => waitingCalls.fail(messageId, error),
        )
        return reply
      })
    },
    async cast(context, method, args = {}, castOptions = {}) {
      checkCall(method, args, castOptions, CAST_OPTION_KINDS, 'cast()')
      const target = mergeTargets(options, castOptions)
      const name = `${target.topic}.${method}`
      await withTrace('rpc', { function: { name }, messaging: describeMessaging('cast', target) }, async () => {
        const content = encodeMessage(createMessage(context, method, args, target))
        const outcome = await publish(target, content, { fanout: castOptions.fanout })
        if (outcome === 'refused') throw createRefusedError(name)
        if (outcome === 'unknown') throw createUnknownOutcomeError(name)
      })
    },
    async close(timeout = 5_000) {
      waitingCalls.failAll(new OsprofilerError('ERR_BROKER', 'The client was closed.'))
      await reconnecting.close(timeout, removeReplyQueue)
    },
  }

  function createMessage(context: object | null, method: string, args: object, target: Target): Message {
    const { namespace, version } = target
    return {
      method,
      args,
      ...(namespace !== undefined && { namespace }),
      ...(version !== undefined && { version }),
      ...addContextPrefix(injectTrace({ ...context }, injectOptions)),
    }
  }
}

type Target = ReturnType<typeof mergeTargets>

function mergeTargets(defaults: OsloClientOptions, overrides: OsloTarget) {
  return {
    topic: overrides.topic ?? defaults.topic,
    exchange: overrides.exchange ?? defaults.exchange ?? 'openstack',
    server: overrides.server ?? defaults.server,
    namespace: overrides.namespace ?? defaults.namespace,
    version: overrides.version ?? defaults.version,
  }
}

function checkCall(method: unknown, args: unknown, options: object, kinds: OptionKinds, owner: string): void {
  checkOptions(owner, options, kinds)
  if (typeof method !== 'string' || method === '') throw new TypeError(`${owner} needs the name of a method`)
  if (!isObject(args)) throw new TypeError('The arguments of a method must be an object with their names and values')
}

function createRefusedError(name: string): OsprofilerError {
  return new OsprofilerError('ERR_BROKER', `The message broker refused ${name}. Is the queue of the topic full?`)
}

function createUnknownOutcomeError(name: string): OsprofilerError {
  const message = `The connection ended before the message broker had confirmed ${name}, so it is unknown whether the message was sent.`
  return new OsprofilerError('ERR_BROKER', message)
}

/** Returns attributes by which OpenTelemetry backends distinguish a call, which waits for an answer, from a message. */
function describeMessaging(operation: string, { topic }: Target): object {
  return { system: 'rabbitmq', operation, destination: topic }
}
