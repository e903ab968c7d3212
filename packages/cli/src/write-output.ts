import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Writable } from 'node:stream'

/** Writes pieces of text to a stream, no faster than it takes them. */
export async function writeChunks(stream: Writable, chunks: Iterable<string>): Promise<void> {
  for (const chunk of chunks) if (!stream.write(chunk)) await once(stream, 'drain')
}

/**
 * Writes a file that its owner alone may read, beside its target, which it then replaces: nobody ever sees half of
 * it, and a failure leaves the old one. A device or a pipe is written into.
 */
export async function writeFileAside(path: string, chunks: Iterable<string>): Promise<void> {
  // A link stays, and what it leads to is replaced.
  const target = await realpath(path).catch(() => path)
  const known = await stat(target).catch(() => undefined)
  if (known !== undefined && !known.isFile() && !known.isDirectory()) return await writeInto(target, chunks)

  const aside = join(dirname(target), `.${basename(target).slice(0, 100)}.${randomBytes(6).toString('hex')}`)
  try {
    await writeAll(await open(aside, 'wx', 0o600), chunks)
    await rename(aside, target)
  } catch (cause) {
    await rm(aside, { force: true })
    const reason = cause instanceof Error && 'code' in cause ? cause.code : cause
    throw new Error(`Cannot write ${path}: ${reason}`, { cause })
  }
}

async function writeAll(handle: FileHandle, chunks: Iterable<string>): Promise<void> {
  try {
    for (const chunk of chunks) await handle.writeFile(chunk)
  } finally {
    await handle.close()
  }
}

async function writeInto(path: string, chunks: Iterable<string>): Promise<void> {
  const stream = createWriteStream(path)
  await writeChunks(stream, chunks)
  stream.end()
  await once(stream, 'close')
}
