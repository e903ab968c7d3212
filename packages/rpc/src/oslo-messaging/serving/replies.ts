import type { OsprofilerError } from '@osprofiler/core'
import { Map, Promise, performance, setTimeout } from '@osprofiler/core/toolkit'
import type { ReconnectingChannel } from '../broker/reconnecting-channel.js'
import { MessageUndeliverable } from '../messages/errors.js'
import { encodeFailure } from '../messages/failure.js'
import { encodeMessage, type Incoming, type Message } from '../messages/message.js'

/** Sends what becomes of calls to those who wait for it. */
export interface Replies {
  /** Never rejects. */
  send(to: NonNullable<Incoming['reply']>, result: unknown): Promise<void>
  sendFailure(to: NonNullable<Incoming['reply']>, error: unknown): Promise<void>
  /** Tells that a call is still worked on. */
  sendHeartbeat(to: NonNullable<Incoming['reply']>): Promise<void>
}

export interface ReplyOptions {
  /** Whether a reply is sent again while its queue is not there. Default true. */
  readonly direct_mandatory_flag?: boolean | undefined
  /** For so many seconds. Default 60. */
  readonly kombu_missing_consumer_retry_timeout?: number | undefined
}

const AGAIN_MS = 250
const GONE_MS = 60_000

export function createReplies(
  reconnecting: ReconnectingChannel,
  options: ReplyOptions,
  onFailure: (error: unknown) => void,
): Replies {
  const { direct_mandatory_flag: mandatory = true, kombu_missing_consumer_retry_timeout: patience = 60 } = options
  const gone = new Map<string, number>()

  async function deliver(queue: string, content: Buffer): Promise<void> {
    const deadline = performance.now() + patience * 1_000
    while (!isGone(queue)) {
      const failure = await attempt(queue, content)
      if (failure === undefined) return
      if (performance.now() >= deadline || reconnecting.isClosing) {
        gone.set(queue, performance.now())
        return onFailure(failure)
      }
      // Whoever waits may be connecting again: that is the case after a restart of the broker.
      await new Promise(resolve => void setTimeout(resolve, AGAIN_MS).unref())
    }
  }

  /** Whether whoever waited at this queue has left. A program that is gone may have left behind many calls. */
  function isGone(queue: string): boolean {
    for (const [name, since] of gone) if (performance.now() - since > GONE_MS) gone.delete(name)
    return gone.has(queue)
  }

  /** Why the reply was not delivered, or undefined. */
  async function attempt(queue: string, content: Buffer): Promise<OsprofilerError | undefined> {
    try {
      const outcome = await (await reconnecting.open()).publish('', queue, content, { mandatory })
      if (outcome === 'taken') return undefined
      return new MessageUndeliverable(`A reply was not delivered to the queue "${queue}" (${outcome}).`)
    } catch (error) {
      return error as OsprofilerError
    }
  }

  function encode(reply: Message, ending: boolean): Buffer {
    return encodeMessage({ result: null, failure: null, ...reply, ending })
  }

  const replies: Replies = {
    async send({ queue, messageId }, result) {
      let content: Buffer
      try {
        content = encode({ result: result ?? null, _msg_id: messageId }, true)
      } catch (error) {
        // A result without JSON: the caller must not wait for it in vain.
        onFailure(error)
        return await replies.sendFailure({ queue, messageId }, error)
      }
      await deliver(queue, content)
    },
    async sendFailure({ queue, messageId }, error) {
      await deliver(queue, encode({ failure: encodeFailure(error), _msg_id: messageId }, true))
    },
    async sendHeartbeat({ queue, messageId }) {
      await attempt(queue, encode({ _msg_id: messageId }, false))
    },
  }
  return replies
}
