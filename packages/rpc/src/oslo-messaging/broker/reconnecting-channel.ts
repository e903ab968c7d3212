import { OsprofilerError, suppress } from '@osprofiler/core'
import { clearTimeout, Math, Promise, performance, setTimeout, waitAtMost } from '@osprofiler/core/toolkit'
import { toBrokerError } from './broker-error.js'
import { type AmqpConnection, type Connect, createConnections } from './connection.js'
import { type PublishingChannel, watchChannel } from './publishing-channel.js'

/** A channel that is reopened after the channel or its connection was lost. */
export interface ReconnectingChannel {
  /** Returns the open channel, or opens one. Rejects with `ERR_BROKER`. */
  open(): Promise<PublishingChannel>
  /** Whether the channel is being closed, or is closed. */
  readonly isClosing: boolean
  /**
   * Calls `cleanUp` with the channel if it is open. Then closes the channel and its connection, all within `timeoutMs`
   * milliseconds.
   */
  close(timeoutMs: number, cleanUp: (open: PublishingChannel) => Promise<void>): Promise<void>
}

/** Callbacks with which a client or a server prepares its channel and is notified of losses. */
export interface ChannelHooks {
  /** Declares exchanges and queues, and starts consumers, on a new channel. */
  prepare(open: PublishingChannel): Promise<void>
  /** Whether to reopen a lost channel after a pause. Otherwise, the next use reopens the channel. */
  isWanted(): boolean
  /** Whether the pause before the next attempt keeps the process alive. */
  readonly keepsProcessAlive: boolean
  /** Called with the reason why the channel closed, and with the error of each failed attempt to reopen it. */
  onFailure(error: OsprofilerError): void
  /** Called with the final error if the given connection has ended, so that the channel cannot be reopened. */
  onEnded(error: OsprofilerError): void
}

const CONNECTION_ENDED_MESSAGE =
  'The connection to the message broker has ended. To reconnect, pass a function instead: () => amqplib.connect(...).'
const PREPARE_TIMEOUT_MS = 20_000
const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 10_000
/** If a channel was open for longer than this, its loss does not count as a failed attempt. */
const HEALTHY_AFTER_MS = 10_000

/** Creates a channel that opens on first use. After a loss, the pauses between attempts grow from 0.1 s to 10 s. */
export function createReconnectingChannel(connect: Connect, hooks: ChannelHooks): ReconnectingChannel {
  const connections = createConnections(connect)
  let opening: Promise<PublishingChannel> | undefined
  let retry: NodeJS.Timeout | undefined
  let delayMs = FIRST_DELAY_MS
  let isClosing = false

  function open(): Promise<PublishingChannel> {
    if (opening !== undefined) return opening
    if (isClosing) return Promise.reject(new OsprofilerError('ERR_BROKER', 'The client or server was closed.'))
    const attempt = suppress(openChannel)
    opening = attempt
    attempt.catch(() => {
      if (opening === attempt) opening = undefined
    })
    return attempt
  }

  async function openChannel(): Promise<PublishingChannel> {
    try {
      const connection = await connections.open()
      // A broker that has just restarted may leave requests unanswered. For example, RabbitMQ 3.10 does so for requests
      // about a quorum queue.
      const opened = await waitAtMost(prepareChannel(connection), PREPARE_TIMEOUT_MS)
      if (opened !== undefined) return opened
      connections.destroyCurrent()
      throw new OsprofilerError(
        'ERR_BROKER',
        `The message broker does not answer within ${PREPARE_TIMEOUT_MS / 1_000} s.`,
      )
    } catch (error) {
      throw toBrokerError(error)
    }
  }

  async function prepareChannel(connection: AmqpConnection): Promise<PublishingChannel> {
    const openedAt = performance.now()
    let isReady = false
    const channel = await connection.createConfirmChannel()
    const publishingChannel = watchChannel(connection, channel, reason => {
      if (isReady) onClosed(reason, openedAt)
    })
    try {
      await hooks.prepare(publishingChannel)
    } catch (error) {
      await channel.close().catch(() => undefined)
      throw error
    }
    if (!publishingChannel.isOpen)
      throw new OsprofilerError('ERR_BROKER', 'The message broker has closed a new channel.')
    isReady = true
    return publishingChannel
  }

  function onClosed(reason: unknown, openedAt: number): void {
    opening = undefined
    if (isClosing) return
    if (performance.now() - openedAt > HEALTHY_AFTER_MS) delayMs = FIRST_DELAY_MS
    retryLater(toBrokerError(reason))
  }

  function retryLater(error: OsprofilerError): void {
    hooks.onFailure(error)
    // Reopens the channel after a pause, because a connection reports its own end only after the end of its channels.
    clearTimeout(retry)
    retry = setTimeout(reopen, delayMs)
    if (!hooks.keepsProcessAlive) retry.unref()
    delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)
  }

  function reopen(): void {
    if (isClosing) return
    if (connections.hasEnded) return hooks.onEnded(new OsprofilerError('ERR_BROKER', CONNECTION_ENDED_MESSAGE))
    if (hooks.isWanted()) open().catch(retryLater)
  }

  return {
    open,
    get isClosing() {
      return isClosing
    },
    async close(timeoutMs, cleanUp) {
      const deadline = performance.now() + timeoutMs
      isClosing = true
      clearTimeout(retry)
      const remainingMs = (): number => Math.max(0, deadline - performance.now())
      const closing = (async () => {
        const lastChannel = await opening
        if (lastChannel === undefined || !lastChannel.isOpen) return
        await cleanUp(lastChannel)
        opening = undefined
        await lastChannel.channel.close()
      })()
      await waitAtMost(
        closing.catch(() => undefined),
        remainingMs(),
      )
      opening = undefined
      await connections.close(remainingMs())
    },
  }
}
