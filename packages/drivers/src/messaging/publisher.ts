import { OsprofilerError } from '@osprofiler/core'
import { clearInterval, Promise, String, setInterval } from '@osprofiler/core/toolkit'
import type { ConfirmChannel, Message, Options } from 'amqplib'
import { type BrokerConnection, describeFailure, isExpirationRefused } from './connection.js'
import { createMessageSizes } from './message-size.js'
import { TOPIC } from './notification.js'
import type { MessagingSettings } from './url.js'

/** A channel for publishing notifications, each of which the broker confirms. */
export interface Publisher {
  readonly isOpen: boolean
  /**
   * Waits until the broker has confirmed or refused all messages, and resolves to the number of refused messages.
   * Rejects with `ERR_STORE` if the broker certainly accepted none of the messages. Rejects with `ERR_WRITE_UNCERTAIN`
   * if the broker may have accepted some of them.
   */
  publish(contents: readonly Buffer[]): Promise<number>
}

interface Outcome {
  readonly nacked: number
  /** Messages that the broker confirmed but could not route to a queue. */
  readonly returned: readonly Buffer[]
}

interface OpenChannel {
  readonly isOpen: boolean
  /** The error with which the broker closed the channel. */
  readonly failure: unknown
  readonly channel: ConfirmChannel
}

const CONFIRM_TIMEOUT_MS = 30_000

/** Opens a channel for publishing, and declares the exchange and queue of oslo.messaging. */
export async function openPublisher(connection: BrokerConnection, settings: MessagingSettings): Promise<Publisher> {
  const { exchange, ttlMs } = settings
  const options: Options.Publish = {
    mandatory: true,
    persistent: true,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    ...(ttlMs !== undefined && { expiration: String(ttlMs) }),
  }
  const sizes = createMessageSizes()
  let open = await openChannel(connection)

  return {
    get isOpen() {
      return open.isOpen
    },
    async publish(contents) {
      if (connection.blockedBy !== undefined) {
        throw new OsprofilerError('ERR_STORE', `The message broker accepts nothing now: ${connection.blockedBy}.`)
      }
      let rest = sizes.filterSendable(contents)
      let sent = 0
      let nacked = 0
      try {
        while (rest.length > 0) {
          const run = sizes.selectFirstRun(rest)
          const refused = await sendRun(run)
          if (refused === undefined) {
            open = await openChannel(connection)
            rest = sizes.filterSendable(rest.slice(1))
          } else {
            rest = rest.slice(run.length)
            sent += run.length
            nacked += refused
          }
        }
      } catch (error) {
        // If the broker accepted some messages, the batch must not be tried again, because a retry would store these
        // messages twice.
        throw sent > nacked ? toUncertainError(error) : error
      }
      // If the broker refused all messages, its queue may be full. The batch may be tried again, because the queue may
      // be emptied later.
      if (sent > 0 && nacked === sent) {
        throw new OsprofilerError('ERR_STORE', 'The message broker refused the notifications. Is its queue full?')
      }
      return contents.length - sent + nacked
    },
  }

  /**
   * Sends messages, and returns the number of messages that the broker refused. Returns undefined if the first message
   * is too large, in which case the broker accepted no message.
   */
  async function sendRun(contents: readonly Buffer[]): Promise<number | undefined> {
    try {
      const { nacked, returned } = await send(contents)
      sizes.noteAccepted(contents)
      if (returned.length === 0) return nacked
      // The broker returns messages if another client has removed the queue. Declaring the queue again creates it.
      await connection.declare(open.channel).catch(() => undefined)
      const again = await send(returned)
      return nacked + again.nacked + again.returned.length
    } catch (error) {
      if (!open.isOpen && sizes.noteRefusal(contents[0], open.failure)) return undefined
      throw error
    }
  }

  function send(contents: readonly Buffer[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const { channel } = open
      const returned: Buffer[] = []
      let nacked = 0
      let waiting = contents.length
      const deadline = setInterval(() => {
        // A broker that has run out of memory or disk space confirms the messages later. In this case, the wait
        // continues.
        if (connection.blockedBy === undefined) connection.destroy()
      }, CONFIRM_TIMEOUT_MS).unref()

      function onReturn({ content }: Message): void {
        returned.push(content)
      }
      function onClose(): void {
        removeListeners()
        reject(toPublishError(open.failure))
      }
      function onConfirm(error: unknown): void {
        if (error) nacked++
        waiting--
        if (waiting > 0) return
        removeListeners()
        resolve({ nacked, returned })
      }
      function removeListeners(): void {
        clearInterval(deadline)
        channel.off('return', onReturn)
        channel.off('close', onClose)
      }

      channel.on('return', onReturn)
      // This listener must run before the channel's own `close` listener, which reports every message as refused.
      channel.prependListener('close', onClose)
      try {
        for (const content of contents) channel.publish(exchange, TOPIC, content, options, onConfirm)
      } catch (error) {
        removeListeners()
        reject(toPublishError(open.failure ?? error))
      }
    })
  }
}

async function openChannel(connection: BrokerConnection): Promise<OpenChannel> {
  const channel = await connection.model.createConfirmChannel()
  let failure: unknown
  let isOpen = true
  channel.on('error', error => {
    failure = error
  })
  channel.on('close', () => {
    isOpen = false
  })
  await connection.declare(channel)
  return {
    channel,
    get isOpen() {
      return isOpen
    },
    get failure() {
      return failure
    },
  }
}

/**
 * Converts the error of a closed channel. A broker that refuses the user, the exchange or the expiration closes the
 * channel before it accepts any message, so a retry is safe.
 */
function toPublishError(error: unknown): OsprofilerError {
  const { code } = (error ?? {}) as { code?: unknown }
  if (code === 403 || code === 404 || isExpirationRefused(error)) {
    return new OsprofilerError('ERR_STORE', `The message broker accepts no notifications: ${describeFailure(error)}.`)
  }
  return toUncertainError(error)
}

function toUncertainError(error: unknown): OsprofilerError {
  if (error instanceof OsprofilerError && error.code === 'ERR_WRITE_UNCERTAIN') return error
  const reason = error instanceof OsprofilerError ? error.message.replace(/\.$/, '') : describeFailure(error)
  return new OsprofilerError(
    'ERR_WRITE_UNCERTAIN',
    `The connection to the message broker ended before the confirmation (${reason}). It is unknown which notifications arrived.`,
  )
}
