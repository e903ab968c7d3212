import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { printRemarks } from './print-remarks.js'
import { type Chunks, writeFileAtomically } from './write-output.js'

/**
 * Writes each document to a file: the first to `path`, such as `trace.json`, the second to `trace-2.json`, and so on.
 * If the path is a device or a pipe, writes all documents to it.
 */
export async function writeParts(path: string, parts: Iterable<Chunks>): Promise<void> {
  const existing = await stat(path).catch(() => undefined)
  if (existing !== undefined && !existing.isFile() && !existing.isDirectory())
    return await writeFileAtomically(path, joinParts(parts))
  const written: string[] = []
  for (const part of parts) {
    const file = written.length === 0 ? path : numberPath(path, written.length + 1)
    await writeFileAtomically(file, part)
    written.push(file)
  }
  if (written.length > 1)
    printRemarks(`Wrote ${written.length} files, each small enough for a collector: ${written.map(nameOf).join(', ')}.`)
}

function numberPath(path: string, number: number): string {
  const extension = extname(path)
  return `${path.slice(0, path.length - extension.length)}-${number}${extension}`
}

function nameOf(path: string): string {
  return basename(path)
}

function* joinParts(parts: Iterable<Chunks>): Generator<string | Uint8Array, void, undefined> {
  for (const part of parts) yield* part
}
