import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { OsprofilerError, suppress } from '@osprofiler/core'
import { Error, Promise, Reflect } from '@osprofiler/core/toolkit'
import type { Channel, ConfirmChannel } from 'amqplib'
import { toBrokerError } from './broker-error.js'
import { waitAtMost } from './wait-at-most.js'

/** What is used of a connection of amqplib. */
export interface AmqpConnection extends EventEmitter {
  createChannel(): Promise<Channel>
  createConfirmChannel(): Promise<ConfirmChannel>
  close(): Promise<void>
}

/**
 * A connection of amqplib, or a function that opens one. With a function, a connection that is lost is opened again, and
 * `close()` closes it.
 *
 * @example
 * () => amqplib.connect('amqp://user:password@host/')
 */
export type Connect = AmqpConnection | (() => AmqpConnection | PromiseLike<AmqpConnection>)

/** The connection that is open, and the next one after that. */
export interface Connections {
  /** @throws OsprofilerError `ERR_BROKER` */
  open(): Promise<AmqpConnection>
  /** Ends a connection that does not answer, where a function has opened it. */
  drop(): void
  /** Whether there is none any more, and never will be. */
  readonly isGone: boolean
  /** Closes what a function has opened. A connection that was given stays as it is. Ends in time. */
  close(timeout: number): Promise<void>
}

const CONNECT_MS = 30_000

export function createConnections(connect: Connect): Connections {
  let current: AmqpConnection | undefined
  let opening: Promise<AmqpConnection> | undefined
  let isGone = false

  function onClose(): void {
    current = undefined
    isGone ||= typeof connect !== 'function'
  }

  function follow(connection: AmqpConnection): AmqpConnection {
    // Without a listener an error that ends the connection would end the process.
    connection.on('error', ignore)
    connection.on('close', onClose)
    current = connection
    return connection
  }

  async function openBy(create: () => AmqpConnection | PromiseLike<AmqpConnection>): Promise<AmqpConnection> {
    // Suppressed: the sockets are used for all traces, and not only for that of the call that opens them.
    const opened = Promise.resolve(suppress(create))
    try {
      const connection = await waitAtMost(opened, CONNECT_MS)
      if (connection !== undefined && !isGone) return follow(connection)
    } catch (error) {
      throw toBrokerError(error)
    }
    opened.then(late => late.close()).catch(ignore)
    throw new OsprofilerError('ERR_BROKER', `The message broker does not answer within ${CONNECT_MS / 1_000} s.`)
  }

  return {
    async open() {
      if (current !== undefined) return current
      if (isGone) throw new OsprofilerError('ERR_BROKER', 'The connection to the message broker has ended.')
      if (typeof connect !== 'function') return follow(connect)
      opening ??= openBy(connect).finally(() => {
        opening = undefined
      })
      return await opening
    },
    drop() {
      if (current !== undefined && typeof connect === 'function') destroy(current)
    },
    get isGone() {
      return isGone
    },
    async close(timeout) {
      const connection = current
      isGone = true
      current = undefined
      if (connection === undefined) return
      connection.off('close', onClose)
      if (typeof connect !== 'function') return void connection.off('error', ignore)
      const closed = connection.close().then(
        () => true,
        () => true,
      )
      if ((await waitAtMost(closed, timeout)) === undefined) destroy(connection)
    },
  }
}

/** Ends a connection that does not answer. */
function destroy(connection: AmqpConnection): void {
  const inner: unknown = Reflect.get(connection, 'connection')
  const socket = typeof inner === 'object' && inner !== null ? (Reflect.get(inner, 'stream') as Socket) : undefined
  socket?.destroy(new Error('closed'))
}

function ignore(): void {}
