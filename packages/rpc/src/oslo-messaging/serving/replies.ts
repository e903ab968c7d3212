import type { OsprofilerError } from '@osprofiler/core'
import { Map, Promise, performance, setTimeout } from '@osprofiler/core/toolkit'
import type { ReconnectingChannel } from '../broker/reconnecting-channel.js'
import { MessageUndeliverable } from '../messages/errors.js'
import { encodeFailure } from '../messages/failure.js'
import { encodeMessage, type Incoming, type Message } from '../messages/message.js'

/** Sends results, errors and heartbeats to the queues of callers. */
export interface Replies {
  /** Sends the result of a call. Never rejects. */
  send(to: NonNullable<Incoming['reply']>, result: unknown): Promise<void>
  sendFailure(to: NonNullable<Incoming['reply']>, error: unknown): Promise<void>
  /** Reports that the server is still working on the call. */
  sendHeartbeat(to: NonNullable<Incoming['reply']>): Promise<void>
}

/** Options for replies. Their names are the same as in oslo.messaging. */
export interface ReplyOptions {
  /** Whether to send a reply again if the queue of the caller is missing. Default true. */
  readonly direct_mandatory_flag?: boolean | undefined
  /** How long the server tries to send a reply while the queue is missing, in seconds. Default 60. */
  readonly kombu_missing_consumer_retry_timeout?: number | undefined
}

const RETRY_DELAY_MS = 250
const REMEMBER_GONE_MS = 60_000

/**
 * Creates a sender of replies. If the queue of a caller is still missing at the last try, the server sends no replies
 * to this queue for 60 s.
 */
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
      // The queue may be missing because the caller is reconnecting, for example after a restart of the broker.
      await new Promise(resolve => void setTimeout(resolve, RETRY_DELAY_MS).unref())
    }
  }

  /**
   * Returns whether the queue was missing recently. A program that has ended may have made many calls without waiting
   * for their replies. To try again for each of these replies would take too long.
   */
  function isGone(queue: string): boolean {
    for (const [name, since] of goneSince) if (performance.now() - since > REMEMBER_GONE_MS) goneSince.delete(name)
    return goneSince.has(queue)
  }

  /** Sends a reply. Returns the reason why the reply was not delivered, or undefined if it was delivered. */
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
        // JSON cannot encode the result. The caller gets the error, so that the caller does not wait until its timeout.
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
