import { type HmacKeys, OsprofilerError, withTrace } from '@osprofiler/core'
import { checkOptions, Math, type OptionKinds, Set, String, TypeError } from '@osprofiler/core/toolkit'
import { injectTrace } from '../inject-trace.js'
import { toBrokerError } from './broker/broker-error.js'
import type { Connect } from './broker/connection.js'
import { declareExchange } from './broker/declare-exchange.js'
import type { Outcome, PublishingChannel } from './broker/publishing-channel.js'
import { RABBIT_OPTIONS, type RabbitOptions, readRabbitOptions } from './broker/rabbit-options.js'
import { createReconnectingChannel } from './broker/reconnecting-channel.js'
import { MessageUndeliverable } from './messages/errors.js'
import { decodeMessage, encodeMessage, hexId, isObject, type Message, packContext } from './messages/message.js'
import { WaitingCalls } from './waiting-calls.js'

/** Addressee of a call. Defaults are the client's options. */
export interface OsloTarget {
  /** One server of the topic. Default: any server. */
  readonly server?: string | undefined
  readonly namespace?: string | undefined
  /** Version of the interface. Default: 1.0, as for servers. */
  readonly version?: string | undefined
  readonly topic?: string | undefined
  /** The services' `control_exchange`. Default `openstack`. */
  readonly exchange?: string | undefined
}

/** Addressee and time limits of a call. */
export interface OsloCallOptions extends OsloTarget {
  /** Milliseconds to wait for a reply. Default 60,000. */
  readonly timeout?: number | undefined
  /** Milliseconds (2,000 or more) within which the server must report that it works on the call. Default: no limit. */
  readonly monitorTimeout?: number | undefined
}

/** Addressee of a cast, which has no reply. */
export interface OsloCastOptions extends OsloTarget {
  /** Whether to reach all servers of the topic. Default false. */
  readonly fanout?: boolean | undefined
}

/** Options of `createOsloClient`. The addressee and the time limits are defaults for each call. */
export interface OsloClientOptions extends OsloCallOptions, RabbitOptions {
  readonly topic: string
  /** Whether to add the trace in Python's form, with the HMAC key _in clear_ (see `injectTrace`). Default false. */
  readonly compatible?: boolean | undefined
  /** Keys that may be sent in clear. Default: those of `configure`, `setup` or the environment. */
  readonly hmacKeys?: HmacKeys | undefined
}

/** Client of a service that speaks oslo.messaging, from `createOsloClient`. */
export interface OsloClient {
  /** Resolves to the method's result. Throws RemoteError, MessagingTimeout, MessageUndeliverable or `ERR_BROKER`. */
  call(context: object | null, method: string, args?: object, options?: OsloCallOptions): Promise<unknown>
  /** Lets a method run, and resolves when the broker has the message. Rejects with `ERR_BROKER`. */
  cast(context: object | null, method: string, args?: object, options?: OsloCastOptions): Promise<void>
  /** Rejects all waiting calls, and ends within `timeout` milliseconds. Default 5,000. */
  close(timeout?: number): Promise<void>
}

const TARGET: OptionKinds<OsloTarget> = {
  topic: 'string',
  server: 'string',
  exchange: 'string',
  namespace: 'string',
  version: 'string',
}
const CALL: OptionKinds<OsloCallOptions> = { ...TARGET, timeout: 'number', monitorTimeout: 'number' }
const CAST: OptionKinds<OsloCastOptions> = { ...TARGET, fanout: 'boolean' }
const OPTIONS: OptionKinds<OsloClientOptions> = { ...CALL, compatible: 'boolean', hmacKeys: 'any', ...RABBIT_OPTIONS }
// RabbitMQ accepts no longer expiration.
const MAX_EXPIRATION_MS = 2 ** 32

/**
 * Creates a client for OpenStack's services over RabbitMQ, like Python's RPC client. Each call in a trace is a point
 * `rpc`, below which the service continues the trace. Connects on first use, and again after a loss.
 *
 * @throws TypeError for a wrong option
 * @example
 * const orders = createOsloClient(() => amqplib.connect(url), { topic: 'orders', rabbit_quorum_queue: true })
 * await orders.call({ user: 'alice' }, 'create', { item: 7 }, { timeout: 5_000 })
 */
export function createOsloClient(connect: Connect, options: OsloClientOptions): OsloClient {
  checkOptions('createOsloClient()', options, OPTIONS)
  if (!options.topic) throw new TypeError('createOsloClient() needs a topic')
  const declared = readRabbitOptions(options)
  const injecting = { compatible: options.compatible, hmacKeys: options.hmacKeys }
  const replyQueue = `reply_${hexId()}`
  const waiting = new WaitingCalls()
  let exchanges = new Set<string>()
  let consumer = ''
  const reconnecting = createReconnectingChannel(connect, {
    prepare,
    isWanted: () => waiting.size > 0,
    // The timeouts of waiting calls keep the process alive.
    keepsAlive: false,
    onFailure: () => undefined,
    onGone: error => waiting.failAll(error),
  })

  async function prepare(open: PublishingChannel): Promise<void> {
    const { channel } = open
    exchanges = new Set()
    await channel.assertQueue(replyQueue, declared.transient)
    // A reply is acknowledged only after it came. If a connection ends before that, the next one brings the reply.
    const { consumerTag } = await channel.consume(replyQueue, delivery => {
      if (delivery === null) return void channel.close().catch(() => undefined)
      try {
        waiting.settle(decodeMessage(delivery.content, delivery.properties.headers?.compression))
      } catch {
        // The message is not a reply of oslo.messaging.
      }
      if (open.isOpen) channel.ack(delivery)
    })
    consumer = consumerTag
  }

  /** Removes the queue, unless a late reply may come. A server sends a reply without a queue again and again. */
  async function leave({ channel }: PublishingChannel): Promise<void> {
    if (waiting.hasGivenUp) return
    await channel.cancel(consumer)
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
      const declaration = fanout ? { ...declared.transient, autoDelete: true } : declared.topic
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
      checkCall(method, args, callOptions, CALL, 'call()')
      const timeout = callOptions.timeout ?? options.timeout ?? 60_000
      const monitorTimeout = callOptions.monitorTimeout ?? options.monitorTimeout
      const target = toTarget(options, callOptions)
      const name = `${target.topic}.${method}`
      return await withTrace('rpc', { function: { name }, messaging: messagingOf('call', target) }, () => {
        const messageId = hexId()
        const content = encodeMessage({
          ...makeMessage(context, method, args, target),
          _msg_id: messageId,
          _reply_q: replyQueue,
          _timeout: monitorTimeout === undefined ? null : monitorTimeout / 1_000,
        })
        const properties = {
          mandatory: true,
          ...(timeout < MAX_EXPIRATION_MS && { expiration: String(Math.ceil(timeout)) }),
        }
        // Comes last, so that an earlier error leaves no waiting call behind.
        const reply = waiting.wait(messageId, name, timeout, monitorTimeout)
        publish(target, content, properties).then(
          outcome => {
            if (outcome === 'returned') waiting.fail(messageId, new MessageUndeliverable(`Nobody has served ${name}.`))
            if (outcome === 'refused') waiting.fail(messageId, refused(name))
          },
          error => waiting.fail(messageId, error),
        )
        return reply
      })
    },
    async cast(context, method, args = {}, castOptions = {}) {
      checkCall(method, args, castOptions, CAST, 'cast()')
      const target = toTarget(options, castOptions)
      const name = `${target.topic}.${method}`
      await withTrace('rpc', { function: { name }, messaging: messagingOf('cast', target) }, async () => {
        const content = encodeMessage(makeMessage(context, method, args, target))
        const outcome = await publish(target, content, { fanout: castOptions.fanout })
        if (outcome === 'refused') throw refused(name)
        if (outcome === 'unknown') throw lost(name)
      })
    },
    async close(timeout = 5_000) {
      waiting.failAll(new OsprofilerError('ERR_BROKER', 'The client was closed.'))
      await reconnecting.close(timeout, leave)
    },
  }

  function makeMessage(context: object | null, method: string, args: object, target: Target): Message {
    const { namespace, version } = target
    return {
      method,
      args,
      ...(namespace !== undefined && { namespace }),
      ...(version !== undefined && { version }),
      ...packContext(injectTrace({ ...context }, injecting)),
    }
  }
}

type Target = ReturnType<typeof toTarget>

function toTarget(usual: OsloClientOptions, given: OsloTarget) {
  return {
    topic: given.topic ?? usual.topic,
    exchange: given.exchange ?? usual.exchange ?? 'openstack',
    server: given.server ?? usual.server,
    namespace: given.namespace ?? usual.namespace,
    version: given.version ?? usual.version,
  }
}

function checkCall(method: unknown, args: unknown, options: object, kinds: OptionKinds, owner: string): void {
  checkOptions(owner, options, kinds)
  if (typeof method !== 'string' || method === '') throw new TypeError(`${owner} needs the name of a method`)
  if (!isObject(args)) throw new TypeError('The arguments of a method are an object: their names and values')
}

function refused(name: string): OsprofilerError {
  return new OsprofilerError('ERR_BROKER', `The message broker refused ${name}. Is the queue of the topic full?`)
}

function lost(name: string): OsprofilerError {
  const message = `The connection ended before the message broker had confirmed ${name}: nobody knows whether it was sent.`
  return new OsprofilerError('ERR_BROKER', message)
}

/** From these attributes, OpenTelemetry's stores tell a call, which waits for an answer, from a message. */
function messagingOf(operation: string, { topic }: Target): object {
  return { system: 'rabbitmq', operation, destination: topic }
}
