import { Math, performance, roundMs, WeakMap } from '@osprofiler/core/toolkit'
import { listen } from '../../wrapping/diagnostics-channels.js'
import { measureBusyTime } from '../busy-time.js'
import type { RequestProgress } from '../request-progress.js'
import type { UndiciRequest } from './undici-request.js'

/** A connection that is being opened. */
interface Opening {
  readonly beganAt: number
  readonly readBusyTime: () => number
}

interface Opened extends Pick<Opening, 'beganAt'> {
  readonly connectedAt: number
  readonly busy_ms: number
}

interface ConnectMessage {
  readonly connector: object
  readonly socket?: object
}

interface SendMessage {
  readonly request: UndiciRequest
  readonly socket?: object
}

/**
 * Notes how long requests of undici wait for new connections. Listens until the returned function is called. A
 * connection belongs to the first request that is sent on it.
 */
export function watchConnections(progressOf: (request: UndiciRequest) => RequestProgress | undefined): () => void {
  const openingsByConnector = new WeakMap<object, Opening[]>()
  const unused = new WeakMap<object, Opened>()

  /**
   * Returns the `Opening` of the connection that has just opened or failed. The clients of a pool share a connector,
   * and undici's messages do not identify the connection. So this function returns the latest `Opening` of the
   * connector. The recorded time may then be too short, but never too long.
   */
  function takeOpening(connector: object): Opening | undefined {
    const openings = openingsByConnector.get(connector)
    const latest = openings?.at(-1)
    openings?.shift()
    return latest
  }

  function onConnected({ connector, socket }: ConnectMessage): void {
    const opening = takeOpening(connector)
    if (opening === undefined || socket === undefined) return
    const { beganAt, readBusyTime } = opening
    unused.set(socket, { beganAt, connectedAt: performance.now(), busy_ms: readBusyTime() })
  }

  function onSend({ request, socket }: SendMessage): void {
    const opened = socket && unused.get(socket)
    if (opened === undefined) return
    unused.delete(socket as object)
    const progress = progressOf(request)
    if (progress === undefined) return
    // undici may have started the connection for an earlier request that was aborted.
    const waitedMs = opened.connectedAt - Math.max(opened.beganAt, progress.startedAt)
    if (waitedMs > 0) progress.noteConnection({ connect_ms: roundMs(waitedMs), busy_ms: opened.busy_ms })
  }

  return listen({
    'undici:client:beforeConnect': ({ connector }: ConnectMessage) => {
      const openings = openingsByConnector.get(connector)
      const opening = { beganAt: performance.now(), readBusyTime: measureBusyTime() }
      if (openings === undefined) openingsByConnector.set(connector, [opening])
      else openings.push(opening)
    },
    'undici:client:connected': onConnected,
    'undici:client:connectError': ({ connector }: ConnectMessage) => void takeOpening(connector),
    'undici:client:sendHeaders': onSend,
  })
}
