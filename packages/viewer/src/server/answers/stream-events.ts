import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** How often a trace is looked at, in milliseconds. */
const LOOK_AGAIN_MS = 1_000
/** A trace that has not grown for so long is taken for complete: a browser has few connections, and this is one. */
const PATIENCE_MS = 30_000

/**
 * Tells the page of a trace whenever the trace has grown, as server-sent events, until it grows no more or the browser
 * has gone.
 *
 * @param readLength how many records the store holds, undefined where the trace is not among the newest
 * @param known how many the page has already
 */
export async function streamEvents(
  response: ServerResponse,
  readLength: () => Promise<number | undefined>,
  known: number,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.flushHeaders()

  let grownAt = performance.now()
  for (let length = known; !response.destroyed; ) {
    const found = await readLength().catch(() => length)
    const now = performance.now()
    if (found === undefined || now - grownAt > PATIENCE_MS) {
      response.end('event: complete\ndata: complete\n\n')
      return
    }
    if (found !== length) {
      length = found
      grownAt = now
      response.write(`data: ${found}\n\n`)
    }
    await delay(LOOK_AGAIN_MS, undefined, { signal: gone.signal }).catch(() => undefined)
  }
}
