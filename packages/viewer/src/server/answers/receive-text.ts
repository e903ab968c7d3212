import type { IncomingMessage } from 'node:http'
import { TextDecoder } from 'node:util'
import { Refusal } from './respond.js'

/**
 * Yields the body of a request as text. Throws a Refusal: 411 without a length, 413 above `maxBytes`, 400 if the body
 * is not UTF-8 or ends early.
 */
export async function* receiveText(request: IncomingMessage, maxBytes: number): AsyncGenerator<string> {
  const contentLength = request.headers['content-length']
  if (contentLength === undefined)
    throw new Refusal(411, 'The request has no Content-Length. Send the length of the file.')
  if (Number(contentLength) > maxBytes) {
    const limitText = `at most ${Math.floor(maxBytes / 1_048_576)} MiB`
    // The rest of the body is not read, so no other request can follow on this connection.
    throw new Refusal(
      413,
      `The file is too large: ${limitText} can be opened here. Use "osprofiler trace show FILE --html".`,
      {
        Connection: 'close',
      },
    )
  }

  const decoder = new TextDecoder('utf-8', { fatal: true })
  const pieces = request[Symbol.asyncIterator]()
  for (;;) {
    const piece = await pieces.next().catch(() => {
      throw new Refusal(400, 'Only part of the file arrived. Send the file again.')
    })
    yield decode(decoder, piece.value)
    if (piece.done) return
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined })
  } catch {
    throw new Refusal(400, 'The file is not UTF-8 text. Open a text file that osprofiler wrote.')
  }
}
