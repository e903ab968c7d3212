import { createTraceId, signedPack } from '@osprofiler/core'
import { signTicket } from '@osprofiler/core/toolkit'

/** The trace headers of one request, in the order in which they are sent. */
export type SignedHeaders = readonly (readonly [name: string, value: string])[]

/** The permissions that a ticket grants, and its lifetime. */
export interface TicketTerms {
  /** Number of points that one process may record for the trace. */
  readonly points: number
  /** The wishes, which ask the services for extras, such as `code` for call sites. */
  readonly wants: readonly string[]
  /** Time from issue to expiry, in seconds. */
  readonly lifetimeS: number
}

/** Names of the trace headers in lowercase. */
export const TRACE_HEADER_NAMES: readonly string[] = ['x-trace-info', 'x-trace-hmac', 'x-trace-ticket']

/** The permissions and the lifetime of the tickets that `run` creates. They are also the defaults of `sign`. */
export const USUAL_TERMS: TicketTerms = { points: 100_000, wants: ['answer', 'code'], lifetimeS: 60 }

/** A new trace that starts with the requests of this command. */
export interface SignedTrace {
  readonly baseId: string
  /** Signs one request. Each request needs separate headers, because a ticket can be used only once. */
  signRequest(url: URL): SignedHeaders
}

/** Begins a trace whose requests are signed with `key`. */
export function beginTrace(key: string, { points, wants, lifetimeS }: TicketTerms = USUAL_TERMS): SignedTrace {
  const baseId = createTraceId()
  const [info, hmac] = signedPack({ base_id: baseId, parent_id: baseId }, key)
  return {
    baseId,
    signRequest(url) {
      const iat = Math.floor(Date.now() / 1_000)
      const aud = audienceOf(url)
      const pair = [
        ['X-Trace-Info', info],
        ['X-Trace-HMAC', hmac],
      ] as const
      if (aud === undefined) return pair
      return [...pair, ['X-Trace-Ticket', signTicket({ key, info, iat, exp: iat + lifetimeS, aud, points, wants })]]
    },
  }
}

/** Returns the host without brackets and final dot, or `undefined` if a ticket cannot contain the host. */
function audienceOf({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/(?<=\..*)\.$/, '')
  return /^[a-z0-9.:_-]{1,255}$/.test(host) ? host : undefined
}
