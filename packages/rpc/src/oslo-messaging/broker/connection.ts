import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { OsprofilerError, suppress } from '@osprofiler/core'
import { Error, Promise, Reflect, waitAtMost } from '@osprofiler/core/toolkit'
import type { Channel, ConfirmChannel } from 'amqplib'
import { toBrokerError } from './broker-error.js'

/** The methods of amqplib's connection that this package uses. */
export interface AmqpConnection extends EventEmitter {
  createChannel(): Promise<Channel>
  createConfirmChannel(): Promise<ConfirmChannel>
  close(): Promise<void>
}

/**
 * An amqplib connection, or a function that opens a connection. The function is called again after the connection was
 * lost. `close()` does not close a connection that was passed directly.
 *
 * @example () => amqplib.connect('amqp://user:password@host/')
 */
export type Connect = AmqpConnection | (() => AmqpConnection | PromiseLike<AmqpConnection>)

/**
 * The current connection to the broker. If the program passed a function that opens connections, a lost connection is
 * replaced.
 */
export interface Connections {
  /** Returns the current connection, or opens a connection. Rejects with `ERR_BROKER`. */
  open(): Promise<AmqpConnection>
  /**
   * Ends the current connection. Called if the broker does not answer. A connection that was passed directly stays
   * open.
   */
  destroyCurrent(): void
  /**
   * Whether no other connection will be opened, because the connection that was passed directly has ended or `close`
   * was called.
   */
  readonly hasEnded: boolean
  /**
   * Closes the current connection within `timeoutMs` milliseconds. A connection that was passed directly stays open.
   */
  close(timeoutMs: number): Promise<void>
}

const CONNECT_TIMEOUT_MS = 30_000

/**
 * Creates the `Connections` of a client or server. The first `open` connects. It rejects if connecting takes longer
 * than 30 s.
 */
export function createConnections(connect: Connect): Connections {
  let current: AmqpConnection | undefined
  let opening: Promise<AmqpConnection> | undefined
  let hasEnded = false

  function onClose(): void {
    current = undefined
    hasEnded ||= typeof connect !== 'function'
  }

  function watch(connection: AmqpConnection): AmqpConnection {
    // Without a listener, a connection error would end the process.
    connection.on('error', ignore)
    connection.on('close', onClose)
    current = connection
    return connection
  }

  async function openWith(create: () => AmqpConnection | PromiseLike<AmqpConnection>): Promise<AmqpConnection> {
    // The connection is shared by all traces, so it must not belong to the trace of the call that opens it.
    const opened = Promise.resolve(suppress(create))
    try {
      const connection = await waitAtMost(opened, CONNECT_TIMEOUT_MS)
      if (connection !== undefined && !hasEnded) return watch(connection)
    } catch (error) {
      throw toBrokerError(error)
    }
    opened.then(late => late.close()).catch(ignore)
    throw new OsprofilerError(
      'ERR_BROKER',
      `The message broker does not answer within ${CONNECT_TIMEOUT_MS / 1_000} s.`,
    )
  }

  return {
    async open() {
      if (current !== undefined) return current
      if (hasEnded) throw new OsprofilerError('ERR_BROKER', 'The connection to the message broker has ended.')
      if (typeof connect !== 'function') return watch(connect)
      opening ??= openWith(connect).finally(() => {
        opening = undefined
      })
      return await opening
    },
    destroyCurrent() {
      if (current !== undefined && typeof connect === 'function') destroy(current)
    },
    get hasEnded() {
      return hasEnded
    },
    async close(timeoutMs) {
      const connection = current
      hasEnded = true
      current = undefined
      if (connection === undefined) return
      connection.off('close', onClose)
      if (typeof connect !== 'function') return void connection.off('error', ignore)
      const closed = connection.close().then(
        () => true,
        () => true,
      )
      if ((await waitAtMost(closed, timeoutMs)) === undefined) destroy(connection)
    },
  }
}

function destroy(connection: AmqpConnection): void {
  const inner: unknown = Reflect.get(connection, 'connection')
  const socket = typeof inner === 'object' && inner !== null ? (Reflect.get(inner, 'stream') as Socket) : undefined
  socket?.destroy(new Error('closed'))
}

function ignore(): void {}
