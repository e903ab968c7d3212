import {
  clampTimeout,
  clearInterval,
  Error,
  isError,
  Promise,
  Set,
  String,
  setInterval,
} from '@osprofiler/core/toolkit'
import type { ConsumeMessage } from 'amqplib'
import type { RunTraced } from '../../run-traced.js'
import type { PublishingChannel } from '../broker/publishing-channel.js'
import { decodeMessage, type Incoming, type Message, readIncoming } from '../messages/message.js'
import { createConcurrencyLimit } from './concurrency-limit.js'
import { findMethod } from './endpoints.js'
import { createRepetitionCheck } from './repetition-check.js'
import type { Replies } from './replies.js'
import { shortenName, shortenNames } from './shorten-names.js'

/** Handles the messages that the broker delivers from the queues of a server. */
export interface CallHandler {
  handle(open: PublishingChannel, delivery: ConsumeMessage): void
  /** Resolves when all calls in progress are finished, and their replies were sent. */
  drain(): Promise<void>
}

interface CallHandlerOptions {
  readonly endpoints: readonly object[]
  readonly runTraced: RunTraced
  readonly replies: Replies
  readonly maxConcurrentCalls: number
  onError(error: unknown, call?: Incoming): void
}

/** Creates a handler that runs the methods of the endpoints, each within the trace of its call. */
export function createCallHandler({
  endpoints,
  runTraced,
  replies,
  maxConcurrentCalls,
  onError,
}: CallHandlerOptions): CallHandler {
  const concurrencyLimit = createConcurrencyLimit(maxConcurrentCalls)
  const isRepeated = createRepetitionCheck()
  const repliesInProgress = new Set<Promise<void>>()

  async function serve(open: PublishingChannel, delivery: ConsumeMessage): Promise<void> {
    let message: Message
    try {
      message = decodeMessage(delivery.content, delivery.properties.headers?.compression)
    } catch (error) {
      settleDelivery(open, () => open.channel.reject(delivery, false))
      return onError(
        new Error(
          `A message is not in the format of oslo.messaging: ${isError(error) ? error.message : String(error)}`,
        ),
      )
    }
    // As in Python, a message is acknowledged before the method runs. If the method crashes the process, the broker
    // must not deliver the message to another process.
    if (!settleDelivery(open, () => open.channel.ack(delivery))) return
    const incoming = readIncoming(message)
    if (isRepeated(incoming.uniqueId)) return
    const reply = await runMethod(message, incoming)
    if (incoming.reply === undefined) return
    const sending = reply(incoming.reply)
      .catch(onError)
      .finally(() => repliesInProgress.delete(sending))
    repliesInProgress.add(sending)
  }

  /** Runs the method of a call. Returns a function that sends the outcome to the caller. */
  async function runMethod(message: Message, incoming: Incoming): Promise<(to: ReplyTo) => Promise<void>> {
    const { method, args, context } = incoming
    const heartbeat = startHeartbeat(incoming)
    try {
      const run = async (): Promise<unknown> => findMethod(endpoints, incoming)(context, args)
      // A call is recorded as a served request, and a cast as a processed message.
      const info =
        incoming.reply === undefined ? { messaging: { system: 'rabbitmq', operation: 'process' } } : undefined
      const result = await runTraced(message, run, { functionName: shortenName(method), info })
      return to => replies.send(to, result)
    } catch (error) {
      onError(error, shortenNames(incoming))
      return to => replies.sendFailure(to, error)
    } finally {
      clearInterval(heartbeat)
    }
  }

  function startHeartbeat({ reply, monitorTimeout }: Incoming): NodeJS.Timeout | undefined {
    if (reply === undefined || !(monitorTimeout >= 2)) return undefined
    return setInterval(() => void replies.sendHeartbeat(reply), clampTimeout((monitorTimeout * 1_000) / 2)).unref()
  }

  return {
    handle: (open, delivery) => concurrencyLimit.run(() => serve(open, delivery).catch(onError)),
    async drain() {
      await concurrencyLimit.drain()
      await Promise.all(repliesInProgress)
    },
  }
}

type ReplyTo = NonNullable<Incoming['reply']>

/**
 * Acknowledges or rejects a message, and returns whether this was possible. If the channel is already closed, the
 * broker will deliver the message again.
 */
function settleDelivery(open: PublishingChannel, settle: () => void): boolean {
  if (!open.isOpen) return false
  try {
    settle()
    return true
  } catch {
    return false
  }
}
