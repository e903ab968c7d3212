import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { TraceRecord } from '@osprofiler/core'
import { Buffer, Error, isError, String } from '@osprofiler/core/toolkit'
import { decodeRecord } from '../records/record-text.js'

const BATCH_RECORDS = 500
// The path may refer to a FIFO instead of a regular file. Without `O_NONBLOCK`, opening or writing a FIFO waits until
// another process opens its other end, and not even `process.exit()` ends this wait. Windows does not have this flag,
// and does not need it.
const { O_RDONLY, O_RDWR, O_APPEND, O_CREAT, O_NONBLOCK = 0 } = constants
const READ_FLAGS = O_RDONLY | O_NONBLOCK
const APPEND_FLAGS = O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK

/**
 * Appends lines to a file in one write, so that lines from several processes do not mix. Creates the file if it is
 * missing. Only the file's owner can access the new file. Returns the number of complete lines that were written. This
 * number is smaller than the number of given lines only if the disk fills up during the write. Rejects if no line was
 * written.
 */
export async function appendLines(path: string, lines: readonly string[]): Promise<number> {
  const handle = await open(path, APPEND_FLAGS, 0o600)
  try {
    await checkIsFile(handle)
    const text = `${lines.join('\n')}\n`
    // After a crash or on a full disk, the file may end with an incomplete line. The first new line must not be joined
    // to that line.
    const bytes = Buffer.from((await endsWithLineFeed(handle)) ? text : `\n${text}`)
    const { written, failure } = await writeAll(handle, bytes)
    if (failure === undefined) return lines.length
    // A last line without a line feed also counts as complete: readers accept the line, and the next write adds the
    // line feed.
    const writtenText = bytes.subarray(0, written + 1).toString('latin1')
    const lineFeeds = writtenText.split('\n').length - 1
    const completeLines = bytes.length === Buffer.byteLength(text) ? lineFeeds : lineFeeds - 1
    if (completeLines <= 0) throw failure
    return completeLines
  } finally {
    await handle.close()
  }
}

/**
 * Yields the records of a file in batches, in the order of the lines. Calls `onUnreadable` with the number of skipped
 * lines. An incomplete last line does not count as skipped.
 */
export async function* readLines(
  path: string,
  onUnreadable: (records: number) => void = () => undefined,
): AsyncGenerator<TraceRecord[]> {
  const handle = await openExisting(path)
  if (handle === undefined) return
  try {
    await checkIsFile(handle)
    let batch: TraceRecord[] = []
    let unreadable = 0
    for await (const lines of splitLines(handle)) {
      // Unreadable lines are reported only after another line has followed, because the last line may still be
      // incomplete.
      if (unreadable > 0) onUnreadable(unreadable)
      unreadable = 0
      for (const line of lines) {
        const record = mayBeRecord(line) ? decodeRecord(line) : undefined
        if (record !== undefined) batch.push(record)
        else if (/\S/.test(line)) unreadable++
        if (batch.length === BATCH_RECORDS) {
          yield batch
          batch = []
        }
      }
    }
    if (batch.length > 0) yield batch
  } finally {
    await handle.close()
  }
}

async function checkIsFile(handle: FileHandle): Promise<void> {
  if (!(await handle.stat()).isFile()) throw new Error('the path is not a regular file')
}

async function endsWithLineFeed(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return true
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === 0x0a
}

/** Writes the bytes to a file. Returns the number of written bytes, and the error if some bytes were not written. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<{ written: number; failure?: unknown }> {
  let written = 0
  while (written < bytes.length) {
    try {
      written += (await handle.write(bytes, written)).bytesWritten
    } catch (failure) {
      return { written, failure }
    }
  }
  return { written }
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, READ_FLAGS)
  } catch (error) {
    if (isError(error) && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Checks quickly whether a line may contain a record. The full parser takes microseconds to reject a line, which is too
 * slow for a file with millions of blank lines.
 */
function mayBeRecord(line: string): boolean {
  return /^\s*\{/.test(line)
}

/**
 * Yields the lines of a file, one chunk at a time. Node's `readline` is not used, because it would also split lines at
 * U+2028 and U+2029, which JSON does not escape.
 */
async function* splitLines(handle: FileHandle): AsyncGenerator<readonly string[]> {
  let pieces: string[] = []
  for await (const chunk of handle.createReadStream({ encoding: 'utf8', autoClose: false })) {
    const lines = String(chunk).split('\n')
    const tail = lines.pop() ?? ''
    const [first] = lines
    if (first !== undefined) {
      lines[0] = [...pieces, first].join('')
      pieces = []
      yield lines
    }
    pieces.push(tail)
  }
  yield [pieces.join('')]
}
