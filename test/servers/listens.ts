import { once } from 'node:events'
import { connect } from 'node:net'

const CONNECT_TIMEOUT_MS = 5_000

/** Resolves to true if a port of 127.0.0.1 accepts connections. Otherwise rejects. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) })
    return true
  } finally {
    socket.destroy()
  }
}
