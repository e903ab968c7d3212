import type { Socket } from 'node:net'
import { Buffer, Error, Math, Object } from '@osprofiler/core/toolkit'

/** A message of MongoDB begins with its own length, which includes the header. */
const HEADER = 16
const LENGTH = 4

/** Ends a connection that is not MongoDB's. A message of length 0 would put the client into an endless loop. */
export function checkFrames(socket: Socket): void {
  const push = socket.push.bind(socket)
  const length = Buffer.alloc(LENGTH)
  let known = 0
  let left = 0

  function areMessages(chunk: Buffer): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const passed = Math.min(left, chunk.length - at)
        left -= passed
        at += passed
        continue
      }
      length[known++] = chunk[at++] ?? 0
      if (known < LENGTH) continue
      known = 0
      left = length.readInt32LE() - LENGTH
      if (left < HEADER - LENGTH) return false
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
