import type { Readable } from 'node:stream'
import { Array } from '@osprofiler/core/toolkit'

/** How many streams, one after another, a client may pipe a body through. */
const MAX_PIPED_STREAMS = 8

/** Whether nobody reads a stream. If a client such as node-fetch pipes it into another stream, that stream decides. */
export function isUnread(stream: Readable, depth = 0): boolean {
  const pipes = getPipes(stream)
  if (pipes.length === 0) return !stream.readableDidRead && stream.readableFlowing !== true && !hasListeners(stream)
  // Each stream behind it adds one listener for `data`.
  if (depth >= MAX_PIPED_STREAMS || stream.listenerCount('data') > pipes.length) return false
  return pipes.every(pipe => isReadable(pipe) && isUnread(pipe, depth + 1))
}

/** Whether a part of a stream was read, and no reader is left. */
export function isAbandoned(stream: Readable): boolean {
  if (stream.readableFlowing !== false || stream.readableEnded || stream.destroyed) return false
  return getPipes(stream).length === 0 && !hasListeners(stream)
}

function hasListeners(stream: Readable): boolean {
  return stream.listenerCount('data') + stream.listenerCount('readable') > 0
}

function getPipes(stream: Readable): readonly unknown[] {
  const { pipes } = (stream as { _readableState?: { pipes?: unknown } })._readableState ?? {}
  return Array.isArray(pipes) ? pipes : []
}

/** A stream that is only writable is read by the code that made it. */
function isReadable(stream: unknown): stream is Readable {
  const { readable, readableFlowing } = stream as Partial<Readable>
  return readable === true && readableFlowing !== undefined
}
