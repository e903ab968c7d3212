import type { LookupFunction, Socket } from 'node:net'
import { OsprofilerError } from '@osprofiler/core'
import { Error, encodeURIComponent, Reflect, String } from '@osprofiler/core/toolkit'
import type { Channel, ChannelModel } from 'amqplib'
import { loadClient } from '../opening/client-package.js'
import { showHost } from '../opening/connection-url.js'
import { TOPIC } from './notification.js'
import type { Broker, MessagingSettings } from './url.js'

/** A connection to a broker. The broker may end the connection at any time. `isOpen` is then false. */
export interface BrokerConnection {
  readonly model: ChannelModel
  /**
   * Declares the same exchange and queue as oslo.messaging. The queue keeps all notifications that are sent before a
   * listener connects.
   */
  declare(channel: Channel): Promise<void>
  /** The reason why the broker currently accepts no messages, or undefined if it accepts messages. */
  readonly blockedBy: string | undefined
  readonly isOpen: boolean
  destroy(): void
}

const CONNECT_TIMEOUT_MS = 5_000
const KEEP_ALIVE_MS = 15_000
const CONNECTION_ENDED = 'the connection ended'
const DECLARATION_CONFLICT =
  /inequivalent arg '([\w-]+)' for (exchange|queue) .* but current is (?:the value )?'?(\w+)?/

/**
 * Connects to the first of `brokers` that answers. Gives up when `signal` aborts. Throws `ERR_STORE` if no broker
 * answers.
 */
export async function connectToBroker(
  settings: MessagingSettings,
  lookup: LookupFunction,
  signal?: AbortSignal,
  brokers = settings.brokers,
): Promise<BrokerConnection> {
  const { connect } = await loadClient('amqplib')
  const failures: string[] = []
  for (const broker of brokers) {
    try {
      signal?.throwIfAborted()
      return watchConnection(await connect(...toConnectArguments(broker, settings, lookup, signal)), settings)
    } catch (error) {
      const reason = describeFailure(error)
      // A server that expects TLS ends the connection of a client without TLS, and gives no reason.
      const isEnded = reason === CONNECTION_ENDED || reason === 'ECONNRESET'
      const hint = isEnded && settings.tls === undefined ? '; if it speaks TLS, add ssl=1' : ''
      failures.push(`${showHost(broker)}: ${reason}${hint}`)
      if (signal?.aborted) break
    }
  }
  throw new OsprofilerError('ERR_STORE', `No message broker can be reached: ${failures.join(', ')}.`)
}

/** Describes a failure without the client's own message, which may contain secrets. */
export function describeFailure(error: unknown): string {
  const { name, code, message } = (error ?? {}) as { name?: unknown; code?: unknown; message?: unknown }
  if (name === 'AbortError') return 'the attempt was canceled'
  if (name === 'NoAnswer') return String(message)
  const text = typeof message === 'string' ? message : ''
  if (/\b403\b|ACCESS.REFUSED/i.test(`${code} ${text}`) && /access to (?:exchange|queue|topic)/.test(text)) {
    return 'this user may not use its exchange or queue (403); grant the user the rights to configure, write and read'
  }
  if (/ACCESS.REFUSED|\b403\b/i.test(text) || code === 403) return 'it refused the user or password (403)'
  if (/ConnectionOpenOk|\b530\b/.test(text) || code === 530) return 'it has no such virtual host for this user (530)'
  if (isExpirationRefused(error)) return 'it does not keep messages for so long (406); see ttl'
  if (code === 406 && text.includes('message size')) return 'a notification is larger than its max_message_size (406)'
  if (code === 406) return describeDeclarationConflict(text)
  if (typeof code === 'string' && /CERT|SIGNATURE|ALTNAME|ISSUER/.test(code)) {
    return `its certificate is not trusted (${code}); see ssl_ca_file`
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'it does not speak TLS; leave ssl out'
  if (typeof code === 'string' || typeof code === 'number') return String(code)
  return /timed?.?out/i.test(text) ? 'no answer in time' : CONNECTION_ENDED
}

/**
 * Describes how the existing exchange or queue was declared, and names the options to change in the connection string.
 */
function describeDeclarationConflict(text: string): string {
  const [, argument = '', kind = 'exchange or queue', current = ''] = DECLARATION_CONFLICT.exec(text) ?? []
  const place = `its ${kind} was declared differently (406${argument && `: ${argument} is ${current || 'not set'}`})`
  if (argument === 'x-queue-type') return `${place}; see rabbit_quorum_queue`
  if (argument === 'auto_delete') return `${place}; see amqp_auto_delete`
  if (argument.startsWith('x-')) return `${place}; see the options rabbit_*`
  // RabbitMQ reports only the first difference. If `durable` differs, the queue type may differ, too, because quorum
  // queues are always durable. Therefore the message names the options for both properties.
  return `${place}; see amqp_durable_queues, and rabbit_quorum_queue for quorum queues`
}

/**
 * Returns whether a broker refused the expiration of a message. All messages of a store have the same expiration, so in
 * this case the broker accepted no message.
 */
export function isExpirationRefused(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return code === 406 && String(message).includes('invalid expiration')
}

function toConnectArguments(
  broker: Broker,
  { vhost, tls }: MessagingSettings,
  lookup: LookupFunction,
  signal: AbortSignal | undefined,
) {
  const { host, port, username, password } = broker
  const address = {
    protocol: tls === undefined ? 'amqp' : 'amqps',
    hostname: host,
    port,
    username,
    password,
    vhost: encodeURIComponent(vhost),
    // Heartbeats are off, because their timers would keep the process alive. TCP keepalive detects a dead peer instead.
    heartbeat: 0,
  }
  const socket = { ...tls, lookup, signal, timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveDelay: KEEP_ALIVE_MS }
  return [address, { ...socket, clientProperties: { connection_name: 'osprofiler' } }] as const
}

function watchConnection(model: ChannelModel, settings: MessagingSettings): BrokerConnection {
  const { exchange, durable, autoDelete, queueArguments } = settings
  const socket = Reflect.get(model.connection, 'stream') as Socket
  let blockedBy: string | undefined
  let isOpen = true
  // The socket must not keep the process alive. During a driver's call, `guardCall` keeps the process alive.
  socket.unref()
  model.on('error', () => undefined)
  model.on('close', () => {
    isOpen = false
  })
  model.on('blocked', reason => {
    blockedBy = reason
  })
  model.on('unblocked', () => {
    blockedBy = undefined
  })
  return {
    model,
    async declare(channel) {
      await channel.assertExchange(exchange, 'topic', { durable, autoDelete })
      await channel.assertQueue(TOPIC, { durable, autoDelete, arguments: queueArguments })
      await channel.bindQueue(TOPIC, exchange, TOPIC)
    },
    get blockedBy() {
      return blockedBy
    },
    get isOpen() {
      return isOpen
    },
    destroy() {
      isOpen = false
      // If the socket were destroyed without an error, the client would not notice.
      socket.destroy(new Error('ended by the driver'))
    },
  }
}
