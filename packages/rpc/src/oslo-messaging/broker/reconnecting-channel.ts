import { OsprofilerError, suppress } from '@osprofiler/core'
import { clearTimeout, Math, Promise, performance, setTimeout } from '@osprofiler/core/toolkit'
import { toBrokerError } from './broker-error.js'
import { type AmqpConnection, type Connect, createConnections } from './connection.js'
import { type PublishingChannel, watchChannel } from './publishing-channel.js'
import { waitAtMost } from './wait-at-most.js'

/** A channel that is opened again after the broker or the connection was gone. */
export interface ReconnectingChannel {
  /** Returns the open channel, or opens one. Rejects with `ERR_BROKER`. */
  open(): Promise<PublishingChannel>
  /** Whether the channel is used a last time, or no longer. */
  readonly isClosing: boolean
  /** Lets `leave` use an open channel a last time, and closes everything within `timeout` milliseconds. */
  close(timeout: number, leave: (open: PublishingChannel) => Promise<void>): Promise<void>
}

/** Callbacks by which a client or a server prepares its channel and learns of losses. */
export interface ChannelHooks {
  /** Declares and consumes on a new channel. */
  prepare(open: PublishingChannel): Promise<void>
  /** Whether to reopen a lost channel at once. Otherwise the next use opens it. */
  isWanted(): boolean
  /** Whether the pause before the next attempt keeps the process alive. */
  readonly keepsAlive: boolean
  /** Receives the reason why the channel closed, and the error of each attempt to open it again. */
  onFailure(error: OsprofilerError): void
  /** Receives the final error when a given connection has ended, so that the channel cannot be opened again. */
  onGone(error: OsprofilerError): void
}

const GONE =
  'The connection to the message broker has ended. A function in its place, () => amqplib.connect(...), opens it again.'
const PREPARE_MS = 20_000
const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 10_000
/** The loss of a channel that lived this long is no sign of trouble. */
const HEALTHY_MS = 10_000

/** Creates a channel that opens on first use. The pauses between attempts after a loss grow from 0.1 s to 10 s. */
export function createReconnectingChannel(connect: Connect, hooks: ChannelHooks): ReconnectingChannel {
  const connections = createConnections(connect)
  let opening: Promise<PublishingChannel> | undefined
  let retry: NodeJS.Timeout | undefined
  let delay = FIRST_DELAY_MS
  let isClosing = false

  function open(): Promise<PublishingChannel> {
    if (opening !== undefined) return opening
    if (isClosing) return Promise.reject(new OsprofilerError('ERR_BROKER', 'The client or server was closed.'))
    const mine = suppress(openChannel)
    opening = mine
    mine.catch(() => {
      if (opening === mine) opening = undefined
    })
    return mine
  }

  async function openChannel(): Promise<PublishingChannel> {
    try {
      const connection = await connections.open()
      // A broker that has just restarted may not answer, such as RabbitMQ 3.10 about a quorum queue.
      const opened = await waitAtMost(prepareChannel(connection), PREPARE_MS)
      if (opened !== undefined) return opened
      connections.drop()
      throw new OsprofilerError('ERR_BROKER', `The message broker does not answer within ${PREPARE_MS / 1_000} s.`)
    } catch (error) {
      throw toBrokerError(error)
    }
  }

  async function prepareChannel(connection: AmqpConnection): Promise<PublishingChannel> {
    const since = performance.now()
    let isReady = false
    const channel = await connection.createConfirmChannel()
    const opened = watchChannel(connection, channel, reason => {
      if (isReady) onClosed(reason, since)
    })
    try {
      await hooks.prepare(opened)
    } catch (error) {
      await channel.close().catch(() => undefined)
      throw error
    }
    if (!opened.isOpen) throw new OsprofilerError('ERR_BROKER', 'The message broker has closed a new channel.')
    isReady = true
    return opened
  }

  function onClosed(reason: unknown, since: number): void {
    opening = undefined
    if (isClosing) return
    if (performance.now() - since > HEALTHY_MS) delay = FIRST_DELAY_MS
    failed(toBrokerError(reason))
  }

  function failed(error: OsprofilerError): void {
    hooks.onFailure(error)
    // The channel is opened again later, because a connection reports its end only after its channels.
    clearTimeout(retry)
    retry = setTimeout(reopen, delay)
    if (!hooks.keepsAlive) retry.unref()
    delay = Math.min(delay * 2, MAX_DELAY_MS)
  }

  function reopen(): void {
    if (isClosing) return
    if (connections.isGone) return hooks.onGone(new OsprofilerError('ERR_BROKER', GONE))
    if (hooks.isWanted()) open().catch(failed)
  }

  return {
    open,
    get isClosing() {
      return isClosing
    },
    async close(timeout, leave) {
      const deadline = performance.now() + timeout
      isClosing = true
      clearTimeout(retry)
      const left = (): number => Math.max(0, deadline - performance.now())
      const closing = (async () => {
        const last = await opening
        if (last === undefined || !last.isOpen) return
        await leave(last)
        opening = undefined
        await last.channel.close()
      })()
      await waitAtMost(
        closing.catch(() => undefined),
        left(),
      )
      opening = undefined
      await connections.close(left())
    },
  }
}
