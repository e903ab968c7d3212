import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { Object, performance, Reflect, roundMs } from '@osprofiler/core/toolkit'
import { measureBusyTime } from '../busy-time.js'
import type { ConnectionTimes } from '../connection-times.js'

const { on, removeListener } = EventEmitter.prototype

/**
 * If a socket is still connecting, calls `connected` once the socket is connected. With TLS, this is after the
 * handshake. Removes its listeners then, because a socket outlives its first request.
 */
export function watchConnecting(socket: Socket, connected: (times: ConnectionTimes) => void): void {
  if (!socket.connecting) return
  const isEncrypted = (socket as { encrypted?: boolean }).encrypted === true
  const beganAt = performance.now()
  const readBusyTime = measureBusyTime()
  let resolvedAt: number | undefined
  let tcpAt: number | undefined

  function finish(): void {
    const now = performance.now()
    tcpAt ??= now
    stopWatching()
    connected({
      connect_ms: roundMs(now - beganAt),
      dns_ms: resolvedAt && roundMs(resolvedAt - beganAt),
      tcp_ms: roundMs(tcpAt - (resolvedAt ?? beganAt)),
      tls_ms: isEncrypted ? roundMs(now - tcpAt) : undefined,
      busy_ms: readBusyTime(),
    })
  }

  const listeners = {
    // Node emits `lookup` for each address of the host, all at the same time.
    lookup: () => {
      resolvedAt ??= performance.now()
    },
    connect: () => {
      tcpAt = performance.now()
      if (!isEncrypted) finish()
    },
    secureConnect: finish,
    close: stopWatching,
  }

  function stopWatching(): void {
    for (const [event, listener] of Object.entries(listeners)) Reflect.apply(removeListener, socket, [event, listener])
  }

  for (const [event, listener] of Object.entries(listeners)) Reflect.apply(on, socket, [event, listener])
}
