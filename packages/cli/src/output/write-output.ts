import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf } from './create-failure.js'
import { endProgress } from './progress.js'

/** Pieces of a file: text, or the bytes of an image. */
export type Chunks = Iterable<string | Uint8Array>

/** Writes pieces to a stream, and respects backpressure. In a terminal, the pieces replace the progress line. */
export async function writeChunks(stream: Writable, chunks: Chunks): Promise<void> {
  if (stream === process.stdout && process.stdout.isTTY) endProgress()
  for (const chunk of chunks) if (!stream.write(chunk)) await once(stream, 'drain')
}

/**
 * Writes a file under a temporary name, and then renames it to its target. Readers never see an incomplete file, and a
 * failure leaves the old file in place. Only the owner can access the file. If the path is a device or a pipe, the
 * pieces are written to it directly.
 */
export async function writeFileAtomically(path: string, chunks: Chunks): Promise<void> {
  // If the path is a link, the link stays and its target is replaced.
  const target = await realpath(path).catch(() => path)
  const existing = await stat(target).catch(() => undefined)
  if (existing !== undefined && !existing.isFile() && !existing.isDirectory())
    return await writeDirectly(target, chunks)

  const temporaryPath = join(dirname(target), `.${basename(target).slice(0, 100)}.${randomBytes(6).toString('hex')}`)
  try {
    await writeAll(await open(temporaryPath, 'wx', 0o600), chunks)
    await rename(temporaryPath, target)
  } catch (cause) {
    await rm(temporaryPath, { force: true })
    throw createWriteError(path, cause)
  }
}

async function writeAll(handle: FileHandle, chunks: Chunks): Promise<void> {
  try {
    for (const chunk of chunks) await handle.writeFile(chunk)
  } finally {
    await handle.close()
  }
}

async function writeDirectly(path: string, chunks: Chunks): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), createWriteStream(path))
  } catch (cause) {
    throw createWriteError(path, cause)
  }
}

/** Creates the error for a file that cannot be written, with a code such as `EACCES`. */
export function createWriteError(path: string, cause: unknown): Error {
  return new Error(`Cannot write ${path}: ${codeOf(cause)}`, { cause })
}
