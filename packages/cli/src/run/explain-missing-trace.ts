import { adviseOnRefusal } from '../request/read-verdict.js'
import type { SentRequest } from '../request/send-request.js'
import { CALLEE_CLOCK_RULE, WARNINGS_HINT } from './explain-silent-callees.js'

const MAX_CLOCK_SKEW_MS = 30_000

/**
 * Returns what to check after a request without a trace. Callers without a key must not find out whether a request was
 * traced. So a service reports this only if it accepted the signature and the ticket. `seconds` is how long the command
 * waited for the trace.
 */
export function explainMissingTrace(sent: SentRequest, storeShownAs: string, seconds: number): string {
  const { baseId, untracedReason, verdict } = sent
  if (verdict?.refusal !== undefined) {
    return `The service did not trace the request: ${verdict.refusal}. ${adviseOnRefusal(verdict.refusal)}\n`
  }
  if (verdict !== undefined) return explainLostRecords(baseId, storeShownAs, seconds)
  const waited =
    untracedReason === undefined
      ? `No record of trace ${baseId} came within ${seconds} s.`
      : `No record of trace ${baseId} has come, and none is expected, because ${untracedReason}.`
  return `${waited} What to check, in the service that answered:
  - key         The service needs the key that signed this request (its OSPROFILER_HMAC_KEYS).
  - middleware  The middleware of @osprofiler/express, koa or fastify must come first, with OSPROFILER_ENABLED on.
  - store       The service has to write to the store that this command reads: ${storeShownAs}
                (setup() of @osprofiler/node, and the same OSPROFILER_CONNECTION_STRING on both sides).
  - clock       ${explainClock(sent.clockAheadMs)}
  - limit       By default, the service accepts 100 traces a second (maxTracesPerSecond).
And on the way to the other services:
  - proxies     Each proxy, gateway and CDN has to pass on the headers X-Trace-Info and X-Trace-HMAC.
  - callees     Services behind the one that answered need the same key, and the middleware.
  - clocks      ${CALLEE_CLOCK_RULE}
${WARNINGS_HINT}
`
}

/**
 * Explains lost records: the service has accepted the key and traced the request, so the cause must be between the
 * service and the store.
 */
function explainLostRecords(baseId: string, storeShownAs: string, seconds: number): string {
  return `The service traced the request, but no record of trace ${baseId} came within ${seconds} s. What to check:
  - store       The service has to write to the store that this command reads: ${storeShownAs}
                (setup() of @osprofiler/node, and the same OSPROFILER_CONNECTION_STRING on both sides).
  - delivery    The warnings of the service say whether it dropped records, and why.
`
}

function explainClock(aheadMs: number | undefined): string {
  if (aheadMs === undefined || Math.abs(aheadMs) < MAX_CLOCK_SKEW_MS) {
    return 'The service refuses traces that seem older than an hour (maxTraceAge), or more than a minute ahead of its clock.'
  }
  const seconds = Math.round(Math.abs(aheadMs) / 1_000)
  return `Its clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this one, which may be the reason: synchronize both with a time server.`
}
