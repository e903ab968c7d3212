const CHUNK_LENGTH = 64 * 1024

/** Joins pieces to chunks of about 64 KiB (or `length`), so that a stream does not get many small writes. */
export function* joinChunks(pieces: Iterable<string>, length = CHUNK_LENGTH): Generator<string, void, undefined> {
  let chunk = ''
  for (const piece of pieces) {
    chunk += piece
    if (chunk.length >= length) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}
