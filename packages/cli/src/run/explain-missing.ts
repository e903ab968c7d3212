import type { SentRequest } from '../request/send-request.js'
import { CALLEE_CLOCK, WARNINGS } from './explain-silent.js'

const MAX_CLOCK_SKEW_MS = 30_000

/**
 * Says what to check after a request without a trace. A service never says why it refused a trace, because a caller
 * without a key must learn nothing. `seconds` is how long the trace was awaited.
 */
export function explainMissing(sent: SentRequest, storeShownAs: string, seconds: number): string {
  const { baseId, untraced } = sent
  const waited =
    untraced === undefined
      ? `No record of trace ${baseId} came within ${seconds} s.`
      : `No record of trace ${baseId} has come, and none is awaited: ${untraced}.`
  return `${waited} What to check, in the service that answered:
  - key         It has to know the key that signed this request (OSPROFILER_HMAC_KEYS of the service).
  - middleware  That of @osprofiler/express, koa or fastify has to come first, and be enabled (OSPROFILER_ENABLED).
  - store       It has to write to the store that is read here: ${storeShownAs}
                (setup() of @osprofiler/node, and the same OSPROFILER_CONNECTION_STRING on both sides).
  - clock       ${explainClock(sent.clockAheadMs)}
  - limit       It takes 100 traces a second unless told otherwise (maxTracesPerSecond).
And on the way to the services that are to be traced:
  - proxies     Each proxy, gateway and CDN has to pass on the headers X-Trace-Info and X-Trace-HMAC.
  - callees     Services behind the one that answered need the same key, and the middleware.
  - clocks      ${CALLEE_CLOCK}
${WARNINGS}
`
}

function explainClock(aheadMs: number | undefined): string {
  if (aheadMs === undefined || Math.abs(aheadMs) < MAX_CLOCK_SKEW_MS) {
    return 'A trace is refused that seems older than an hour (maxTraceAge), or more than a minute ahead.'
  }
  const seconds = Math.round(Math.abs(aheadMs) / 1_000)
  return `Its clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this one, and that may be why: set both by a time server.`
}
