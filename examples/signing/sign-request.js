import { createTraceId, signedPack } from '@osprofiler/core'
import { signTicket } from '@osprofiler/core/toolkit'

const [key] = process.env.OSPROFILER_HMAC_KEYS.split(',')

/** Begins a trace, and returns its id and the headers of one request to a URL. */
export function signRequest(url) {
  const traceId = createTraceId()
  const [info, hmac] = signedPack({ base_id: traceId, parent_id: traceId }, key)
  const iat = Date.now() / 1_000
  const aud = new URL(url).hostname.replace(/^\[|\]$/g, '')
  const ticket = signTicket({ key, info, iat, exp: iat + 60, aud, points: 100_000, wants: ['answer'] })
  return { traceId, headers: { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac, 'X-Trace-Ticket': ticket } }
}
