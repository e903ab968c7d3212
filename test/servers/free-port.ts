import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what Linux hands out to outgoing connections: a client that tries again and again would find itself there. */
const MIN_PORT = 12_000
const MAX_PORT = 32_000

/**
 * A port of 127.0.0.1 on which nothing listens, and which stays free while a server that had it is down: no other
 * process that asks here is given it, for as long as this one runs.
 */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(MIN_PORT, MAX_PORT)
    if ((await reserve(port)) && (await isFree(port))) return port
  }
}

/** By the UDP port of the same number, which none of the servers wants, and which the kernel gives back at our end. */
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
