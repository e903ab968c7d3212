import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { Buffer, Error, Object } from './platform.js'

const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants as Partial<typeof constants> & { O_RDONLY: number }
const CHUNK_BYTES = 64 * 1024

/**
 * Reads a regular file of at most `maxBytes`. An error's message is a short reason such as `ENOENT`, without the path.
 */
export function readRegularFile(path: string, maxBytes: number): Buffer {
  try {
    // This check precedes the opening, because opening a FIFO would wake up its writer, and opening a device could
    // trigger it.
    checkIsRegularFile(statSync(path))
    const file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    try {
      // Another file may have replaced the file after the first check.
      checkIsRegularFile(fstatSync(file))
      return readAll(file, maxBytes)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw toErrorWithoutPath(error)
  }
}

function checkIsRegularFile(stats: Stats): void {
  // The path may lead to a FIFO, from which a read blocks forever, or to an endless device.
  if (stats.isFile()) return
  if (stats.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' })
  const kind = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device'
  throw new Error(`it is ${kind} and not a regular file`)
}

/** Reads to the end. Ignores the file's size, which is 0 for files in /proc. */
function readAll(file: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = []
  for (let length = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const read = readSync(file, chunk, 0, CHUNK_BYTES, null)
    if (read === 0) return Buffer.concat(chunks)
    length += read
    if (length > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`)
    chunks.push(chunk.subarray(0, read))
  }
}

/** Removes the path from a system error's message, because the path may contain a secret. */
function toErrorWithoutPath(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException
  return code === undefined ? new Error(message) : Object.assign(new Error(code), { code })
}
