const CHUNK_LENGTH = 64 * 1024

/** The same text in pieces of some 64 KiB, so that a stream is not asked to write one small piece after another. */
export function* joinChunks(pieces: Iterable<string>): Generator<string, void, undefined> {
  let chunk = ''
  for (const piece of pieces) {
    chunk += piece
    if (chunk.length >= CHUNK_LENGTH) {
      yield chunk
      chunk = ''
    }
  }
  if (chunk !== '') yield chunk
}
