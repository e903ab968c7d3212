import type { OsprofilerError } from '@osprofiler/core'
import { Map, Promise, performance, setTimeout } from '@osprofiler/core/toolkit'
import type { ReconnectingChannel } from '../broker/reconnecting-channel.js'
import { MessageUndeliverable } from '../messages/errors.js'
import { encodeFailure } from '../messages/failure.js'
import { encodeMessage, type Incoming, type Message } from '../messages/message.js'

/** Sends results, errors and heartbeats to the queues on which callers wait. */
export interface Replies {
  /** Sends a result. Never rejects. */
  send(to: NonNullable<Incoming['reply']>, result: unknown): Promise<void>
  sendFailure(to: NonNullable<Incoming['reply']>, error: unknown): Promise<void>
  /** Reports that the server is still working on the call. */
  sendHeartbeat(to: NonNullable<Incoming['reply']>): Promise<void>
}

/** Options for replies, with the names that oslo.messaging uses. */
export interface ReplyOptions {
  /** Whether to send a reply again if its queue is missing. Default true. */
  readonly direct_mandatory_flag?: boolean | undefined
  /** For how many seconds a reply is sent again. Default 60. */
  readonly kombu_missing_consumer_retry_timeout?: number | undefined
}

const RETRY_DELAY_MS = 250
const REMEMBER_GONE_MS = 60_000

/** Creates a sender of replies. If a caller's queue stays missing, the caller counts as gone for 60 s. */
export function createReplies(
  reconnecting: ReconnectingChannel,
  options: ReplyOptions,
  onFailure: (error: unknown) => void,
): Replies {
  const { direct_mandatory_flag: mandatory = true, kombu_missing_consumer_retry_timeout: retryTimeoutSeconds = 60 } =
    options
  const goneSince = new Map<string, number>()

  async function deliver(queue: string, content: Buffer): Promise<void> {
    const deadline = performance.now() + retryTimeoutSeconds * 1_000
    while (!isGone(queue)) {
      const failure = await trySend(queue, content)
      if (failure === undefined) return
      if (performance.now() >= deadline || reconnecting.isClosing) {
        goneSince.set(queue, performance.now())
        return onFailure(failure)
      }
      // The caller may be reconnecting, for example after a restart of the broker.
      await new Promise(resolve => void setTimeout(resolve, RETRY_DELAY_MS).unref())
    }
  }

  /**
   * Returns whether the caller with this queue counts as gone. A program that has ended may have left many calls
   * behind, and retrying each reply would take too long.
   */
  function isGone(queue: string): boolean {
    for (const [name, since] of goneSince) if (performance.now() - since > REMEMBER_GONE_MS) goneSince.delete(name)
    return goneSince.has(queue)
  }

  /** Returns the reason why the reply was not delivered, or undefined if the reply was delivered. */
  async function trySend(queue: string, content: Buffer): Promise<OsprofilerError | undefined> {
    try {
      const outcome = await (await reconnecting.open()).publish('', queue, content, { mandatory })
      if (outcome === 'taken') return undefined
      return new MessageUndeliverable(`A reply was not delivered to the queue "${queue}" (${outcome}).`)
    } catch (error) {
      return error as OsprofilerError
    }
  }

  function encodeReply(reply: Message, ending: boolean): Buffer {
    return encodeMessage({ result: null, failure: null, ...reply, ending })
  }

  const replies: Replies = {
    async send({ queue, messageId }, result) {
      let content: Buffer
      try {
        content = encodeReply({ result: result ?? null, _msg_id: messageId }, true)
      } catch (error) {
        // The result cannot be encoded as JSON. The caller gets the error, so that it does not wait until its timeout.
        onFailure(error)
        return await replies.sendFailure({ queue, messageId }, error)
      }
      await deliver(queue, content)
    },
    async sendFailure({ queue, messageId }, error) {
      await deliver(queue, encodeReply({ failure: encodeFailure(error), _msg_id: messageId }, true))
    },
    async sendHeartbeat({ queue, messageId }) {
      await trySend(queue, encodeReply({ _msg_id: messageId }, false))
    },
  }
  return replies
}
