import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Servers get ports below those that Linux assigns to outgoing connections. Otherwise a client that keeps reconnecting
 * could connect to itself.
 */
const MIN_PORT = 12_000
const MAX_PORT = 32_000

/**
 * Returns a port of 127.0.0.1 on which nothing listens. While this process runs, no other process gets the port from
 * this function, so a stopped server can start again on its port.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(MIN_PORT, MAX_PORT)
    if ((await reserve(port)) && (await isFree(port))) return port
  }
}

/**
 * Reserves a port by binding the UDP port with the same number. No server needs that UDP port, and the kernel frees the
 * UDP port when this process ends.
 */
async function reserve(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref()
  try {
    socket.bind({ port, address: '127.0.0.1', exclusive: true })
    await once(socket, 'listening')
    return true
  } catch {
    socket.close()
    return false
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}
