const CHUNK_CHARS = 64 * 1024

/**
 * Joins pieces into chunks of about 64 Ki characters (or `chunkChars`), so that a stream does not get many small
 * writes.
 */
export function* joinChunks(pieces: Iterable<string>, chunkChars = CHUNK_CHARS): Generator<string, void, undefined> {
  let chunk = ''
  for (const piece of pieces) {
    chunk += piece
    if (chunk.length >= chunkChars) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}
