import { readFileSync } from 'node:fs'

/** The trace headers of one request. */
export interface TicketPair {
  readonly x_trace_info: string
  readonly x_trace_hmac: string
  readonly x_trace_ticket: string
}

/** One request, and the verdict about its ticket. Times are in seconds since the epoch. */
export interface TicketVector extends TicketPair {
  readonly note: string
  readonly keys: readonly string[]
  readonly now: number
  readonly process_started: number
  readonly audience: readonly string[]
  readonly expect: string
  readonly points?: number
  readonly wants?: readonly string[]
}

/** The vectors and sequences of tickets. A Python program that shares no code with this project made them. */
export interface TicketVectors {
  readonly derived: Readonly<Record<string, { readonly kid: string; readonly ticket_key_hex: string }>>
  readonly vectors: readonly TicketVector[]
  readonly sequences: {
    readonly key: string
    readonly process_started: number
    readonly audience: readonly string[]
    readonly tickets: readonly TicketPair[]
    readonly sequences: readonly {
      readonly note: string
      readonly capacity?: number
      readonly steps: readonly { readonly use: number; readonly now: number; readonly expect: string }[]
    }[]
  }
}

export function readTicketVectors(): TicketVectors {
  return JSON.parse(readFileSync(new URL('fixtures/conformance/tickets.json', import.meta.url), 'utf8'))
}
