import type { Readable } from 'node:stream'
import { Array } from '@osprofiler/core/toolkit'

/** A client may have put the body of an answer into so many streams, one after another. */
const MAX_STREAMS = 8

/**
 * Whether nobody has begun to read a stream. A client such as node-fetch puts the stream into another one, which it hands to
 * the program: then whether nobody reads that one.
 */
export function isUnread(stream: Readable, depth = 0): boolean {
  const pipes = pipesOf(stream)
  if (pipes.length === 0) return !stream.readableDidRead && stream.readableFlowing !== true && !isListenedTo(stream)
  // Each of the streams behind it listens for the data itself.
  if (depth >= MAX_STREAMS || stream.listenerCount('data') > pipes.length) return false
  return pipes.every(pipe => isReadable(pipe) && isUnread(pipe, depth + 1))
}

/** Whether somebody has read a part of a stream, and nobody is there any more who would read on. */
export function isAbandoned(stream: Readable): boolean {
  if (stream.readableFlowing !== false || stream.readableEnded || stream.destroyed) return false
  return pipesOf(stream).length === 0 && !isListenedTo(stream)
}

function isListenedTo(stream: Readable): boolean {
  return stream.listenerCount('data') + stream.listenerCount('readable') > 0
}

function pipesOf(stream: Readable): readonly unknown[] {
  const { pipes } = (stream as { _readableState?: { pipes?: unknown } })._readableState ?? {}
  return Array.isArray(pipes) ? pipes : []
}

/** A stream that can only be written to is read by whoever has made it. */
function isReadable(stream: unknown): stream is Readable {
  const { readable, readableFlowing } = stream as Partial<Readable>
  return readable === true && readableFlowing !== undefined
}
