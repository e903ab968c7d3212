import type { IncomingMessage } from 'node:http'
import { Refusal } from './respond.js'

/**
 * The body of a request as text.
 *
 * @param limit in bytes
 * @throws Refusal 411 without a length, 413 above the limit, 400 where it is no UTF-8 or ends early
 */
export async function receiveBody(request: IncomingMessage, limit: number): Promise<string> {
  const announced = request.headers['content-length']
  if (announced === undefined) throw new Refusal(411, 'Say how long the file is.')
  if (Number(announced) > limit) throw tooLarge(limit)

  const pieces: Buffer[] = []
  let length = 0
  try {
    for await (const piece of request) {
      length += piece.length
      pieces.push(piece)
    }
  } catch {
    throw new Refusal(400, 'The file came only in part. Send it again.')
  }
  if (length !== Number(announced)) throw new Refusal(400, 'The file came only in part. Send it again.')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
  } catch {
    throw new Refusal(400, 'The file is no text in UTF-8.')
  }
}

function tooLarge(limit: number): Refusal {
  // What is still to come is not read, so nothing else can follow on this connection.
  const megabytes = Math.floor(limit / 1_048_576)
  return new Refusal(413, `The file is too large: at most ${megabytes} MiB. Use "osprofiler trace show FILE --html".`, {
    Connection: 'close',
  })
}
