import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const POLL_INTERVAL_MS = 1_000
/**
 * If a trace has not grown for this long, it counts as complete, and its event stream ends. An open stream occupies one
 * of the few connections that a browser allows per host.
 */
const PATIENCE_MS = 30_000

/**
 * Sends an event whenever a trace has grown, until the trace is complete or the browser has disconnected. `readLength`
 * returns how many records of the trace the store contains, or `undefined` if the trace is not among the newest traces.
 * `knownRecords` is the number of records that the page already has.
 */
export async function streamEvents(
  response: ServerResponse,
  readLength: () => Promise<number | undefined>,
  knownRecords: number,
): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.flushHeaders()

  let grownAt = performance.now()
  for (let length = knownRecords; !response.destroyed; ) {
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
    await delay(POLL_INTERVAL_MS, undefined, { signal: gone.signal }).catch(() => undefined)
  }
}
