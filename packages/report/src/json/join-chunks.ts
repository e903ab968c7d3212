const CHUNK_LENGTH = 64 * 1024

/** The same text in pieces of some 64 KiB (or `length`), so that a stream is not asked to write one small piece after another. */
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
