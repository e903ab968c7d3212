import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs'
import { Buffer, Error, Object } from './platform.js'

const { O_RDONLY, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants as Partial<typeof constants> & { O_RDONLY: number }
const CHUNK = 64 * 1024

/**
 * Reads a file whose path comes from the environment, a connection string or a folder. Such a path may name a FIFO, for
 * which a read waits for ever, or a device that has no end. So only a regular file is read, and no more of it than `limit`.
 *
 * @throws Error whose message says in a few words why, such as `ENOENT`, and never shows the path; `code` is the system's
 */
export function readRegularFile(path: string, limit: number): Buffer {
  try {
    // Asked first: to open a FIFO would wake up its writer, and to open a device may set that off.
    checkKind(statSync(path))
    const file = openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    try {
      // Something else may have been put there meanwhile.
      checkKind(fstatSync(file))
      return readBounded(file, limit)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw toReason(error)
  }
}

function checkKind(stats: Stats): void {
  if (stats.isFile()) return
  if (stats.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' })
  const kind = stats.isFIFO() ? 'a pipe' : stats.isSocket() ? 'a socket' : 'a device'
  throw new Error(`it is ${kind}, and has to be a regular file`)
}

/** Not by its size, which is 0 for the files of /proc. */
function readBounded(file: number, limit: number): Buffer {
  const chunks: Buffer[] = []
  for (let length = 0; ; ) {
    const chunk = Buffer.allocUnsafe(CHUNK)
    const read = readSync(file, chunk, 0, CHUNK, null)
    if (read === 0) return Buffer.concat(chunks)
    length += read
    if (length > limit) throw new Error(`it is longer than ${limit} bytes`)
    chunks.push(chunk.subarray(0, read))
  }
}

/** The message of an error of the system shows the path, which may hold a secret. */
function toReason(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException
  return code === undefined ? new Error(message) : Object.assign(new Error(code), { code })
}
