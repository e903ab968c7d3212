import { OsprofilerError, suppress } from '@osprofiler/core'
import { clearTimeout, Math, Promise, performance, setTimeout, waitAtMost } from '@osprofiler/core/toolkit'
import { toBrokerError } from './broker-error.js'
import { type AmqpConnection, type Connect, createConnections } from './connection.js'
import { type PublishingChannel, watchChannel } from './publishing-channel.js'

/** A channel that is opened again after the channel itself or its connection was lost. */
export interface ReconnectingChannel {
  /** Returns the open channel, or opens a channel. Rejects with `ERR_BROKER`. */
  open(): Promise<PublishingChannel>
  /** Whether the channel is being closed, or is closed. */
  readonly isClosing: boolean
  /**
   * If the channel is open, calls `cleanUp` with the channel. Then closes the channel and its connection. All of this
   * takes at most `timeoutMs` milliseconds.
   */
  close(timeoutMs: number, cleanUp: (open: PublishingChannel) => Promise<void>): Promise<void>
}

/** Callbacks of a client or a server. They prepare a new channel, and are called when the channel is lost. */
export interface ChannelHooks {
  /** Declares exchanges and queues on a new channel, and starts consumers. */
  prepare(open: PublishingChannel): Promise<void>
  /**
   * Returns whether a lost channel must be reopened after a pause. If it returns false, the channel is reopened on the
   * next use.
   */
  isWanted(): boolean
  /** Whether the pause before the next attempt to reopen the channel keeps the process alive. */
  readonly keepsProcessAlive: boolean
  /** Called with the reason why the channel closed, and with the error of each failed attempt to reopen the channel. */
  onFailure(error: OsprofilerError): void
  /**
   * Called with the final error if the channel cannot be reopened, because the connection that was passed directly has
   * ended.
   */
  onEnded(error: OsprofilerError): void
}

const CONNECTION_ENDED_MESSAGE =
  'The connection to the message broker has ended. To reconnect, pass a function instead: () => amqplib.connect(...).'
const PREPARE_TIMEOUT_MS = 20_000
const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 10_000
/** If a lost channel had been open for longer than this, the first pause before it is reopened is 0.1 s again. */
const HEALTHY_AFTER_MS = 10_000

/**
 * Creates a channel that opens on first use. After the channel was lost, the pauses between attempts to reopen it grow
 * from 0.1 s to 10 s.
 */
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
      // A broker that has just restarted may not answer some requests. For example, RabbitMQ 3.10 does not answer
      // requests about a quorum queue.
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
    // Reopens the channel only after a pause. A connection that ends reports the end of its channels first, and its own
    // end later. Until then, the connection still seems to be open.
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
