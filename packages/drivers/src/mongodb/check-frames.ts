import type { Socket } from 'node:net'
import { Buffer, Error, Math, Object } from '@osprofiler/core/toolkit'

/** The size of a message's header. Each message in MongoDB's protocol begins with the length of the whole message. */
const HEADER_BYTES = 16
const LENGTH_BYTES = 4

/**
 * Ends the connection if the server does not speak MongoDB's protocol. A message with the length 0 would put the client
 * into an endless loop.
 */
export function checkFrames(socket: Socket): void {
  const push = socket.push.bind(socket)
  const length = Buffer.alloc(LENGTH_BYTES)
  let lengthBytesRead = 0
  let bytesLeft = 0

  function areMessages(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (bytesLeft > 0) {
        const passed = Math.min(bytesLeft, chunk.length - at)
        bytesLeft -= passed
        at += passed
        continue
      }
      length[lengthBytesRead++] = chunk[at++] ?? 0
      if (lengthBytesRead < LENGTH_BYTES) continue
      lengthBytesRead = 0
      bytesLeft = length.readInt32LE() - LENGTH_BYTES
      if (bytesLeft < HEADER_BYTES - LENGTH_BYTES) return false
    }
    return true
  }

  Object.assign(socket, {
    push(chunk: unknown, encoding?: BufferEncoding): boolean {
      if (!Buffer.isBuffer(chunk) || areMessages(chunk)) return push(chunk, encoding)
      socket.destroy(new Error('the server does not speak the protocol of MongoDB'))
      return false
    },
  })
}
