import type { Readable } from 'node:stream'
import { Array } from '@osprofiler/core/toolkit'

/** Maximum number of streams that a client may pipe a body through, one after another. */
const MAX_PIPED_STREAMS = 8

/**
 * Returns whether the program does not read a stream. If a client such as node-fetch pipes the stream into another
 * stream, checks that stream instead.
 */
export function isUnread(stream: Readable, depth = 0): boolean {
  const pipes = getPipes(stream)
  if (pipes.length === 0) return !stream.readableDidRead && stream.readableFlowing !== true && !hasListeners(stream)
  // Each stream into which this stream is piped adds one `data` listener. Further listeners belong to the program,
  // which reads the stream itself.
  if (depth >= MAX_PIPED_STREAMS || stream.listenerCount('data') > pipes.length) return false
  return pipes.every(pipe => isReadable(pipe) && isUnread(pipe, depth + 1))
}

/** Returns whether part of a stream was read, and reading has stopped. */
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

/** Returns whether a stream has a readable side. A stream without a readable side consumes the data itself. */
function isReadable(stream: unknown): stream is Readable {
  const { readable, readableFlowing } = stream as Partial<Readable>
  return readable === true && readableFlowing !== undefined
}
