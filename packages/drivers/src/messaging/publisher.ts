import { OsprofilerError } from '@osprofiler/core'
import type { Message, Options } from 'amqplib'
import { type BrokerConnection, describeFailure, isTooLong } from './connection.js'
import { TOPIC } from './notification.js'
import type { MessagingSettings } from './url.js'

/** Publishes on a channel of its own. */
export interface Publisher {
  readonly isOpen: boolean
  /**
   * Resolves to how many of the messages the broker refused, once it has confirmed the others.
   *
   * @throws OsprofilerError `ERR_STORE` where none was taken, `ERR_WRITE_UNCERTAIN`
   */
  publish(contents: readonly Buffer[]): Promise<number>
}

interface Outcome {
  readonly nacked: number
  /** Confirmed, but there was no queue for them. */
  readonly returned: readonly Buffer[]
}

const CONFIRM_TIMEOUT_MS = 30_000

/** Opens a channel for publishing and declares what oslo.messaging declares. */
export async function openPublisher(
  connection: BrokerConnection,
  { exchange, ttlMs }: MessagingSettings,
): Promise<Publisher> {
  const channel = await connection.model.createConfirmChannel()
  const options: Options.Publish = {
    mandatory: true,
    persistent: true,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    ...(ttlMs !== undefined && { expiration: String(ttlMs) }),
  }
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
    get isOpen() {
      return isOpen
    },
    async publish(contents) {
      if (connection.blockedBy !== undefined) {
        throw new OsprofilerError('ERR_STORE', `The message broker takes nothing now: ${connection.blockedBy}.`)
      }
      const first = await send(contents)
      if (first.returned.length === 0) return settle(first.nacked, contents.length)
      // Somebody removed the queue. Declared again, it takes what found no place.
      await connection.declare(channel).catch(() => undefined)
      const second = await send(first.returned)
      return settle(first.nacked + second.nacked + second.returned.length, contents.length)
    },
  }

  function send(contents: readonly Buffer[]): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const returned: Buffer[] = []
      let nacked = 0
      let waiting = contents.length
      const deadline = setInterval(() => {
        // A broker that is short of memory or disk reads on when it has some again, and then confirms.
        if (connection.blockedBy === undefined) connection.destroy()
      }, CONFIRM_TIMEOUT_MS).unref()

      function onReturn({ content }: Message): void {
        returned.push(content)
      }
      function onClose(): void {
        end()
        reject(toFailure(failure))
      }
      function onConfirm(error: unknown): void {
        if (error) nacked++
        waiting--
        if (waiting > 0) return
        end()
        resolve({ nacked, returned })
      }
      function end(): void {
        clearInterval(deadline)
        channel.off('return', onReturn)
        channel.off('close', onClose)
      }

      channel.on('return', onReturn)
      // Before the channel's own listener, which has every message look as if it had been refused.
      channel.prependListener('close', onClose)
      try {
        for (const content of contents) channel.publish(exchange, TOPIC, content, options, onConfirm)
      } catch (error) {
        end()
        reject(toFailure(failure ?? error))
      }
    })
  }
}

/** A full queue that refuses all may be emptied: then the batch is tried again. */
function settle(refused: number, count: number): number {
  if (refused < count) return refused
  throw new OsprofilerError('ERR_STORE', 'The message broker refused the notifications. Is its queue full?')
}

/** Of what was published, the broker closes a channel for want of leave, before it takes anything. */
function toFailure(error: unknown): OsprofilerError {
  const { code } = (error ?? {}) as { code?: unknown }
  if (code === 403 || code === 404 || isTooLong(error)) {
    return new OsprofilerError('ERR_STORE', `The message broker takes no notification: ${describeFailure(error)}.`)
  }
  return new OsprofilerError(
    'ERR_WRITE_UNCERTAIN',
    `The connection to the message broker ended before it had confirmed (${describeFailure(error)}): nobody knows which notifications it has.`,
  )
}
