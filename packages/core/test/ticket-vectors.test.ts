import { createTicketVerifier } from '@osprofiler/core/toolkit'
import { describe, expect, it } from 'vitest'
import { readTicketVectors } from '../../../test/ticket-vectors.js'
import { toSecretKey } from '../src/keys/secret-key.js'
import { signTicket } from '../src/tickets/sign-ticket.js'
import { ticketKeyOf } from '../src/tickets/ticket-key.js'
import { parseTicket } from '../src/tickets/ticket-text.js'

const { derived, vectors, sequences } = readTicketVectors()

it.each(Object.entries(derived))(
  'the ticket key and its id are derived from the HMAC key %s',
  (key, { kid, ...more }) => {
    const ticketKey = ticketKeyOf(toSecretKey(key))

    expect({ kid: ticketKey.kid, hex: ticketKey.secret.export().toString('hex') }).toEqual({
      kid,
      hex: more.ticket_key_hex,
    })
  },
)

it.each(vectors.filter(vector => vector.expect === 'valid'))(
  'signTicket() writes the same ticket as the vector: $note',
  vector => {
    const ticket = parseTicket(vector.x_trace_ticket)
    if (ticket === undefined) throw new Error('The ticket of the vector is malformed')
    const wants = vector.x_trace_ticket.split(';')[7]?.split(',') ?? []
    const key = vector.keys.find(each => ticketKeyOf(each).kid === ticket.kid) ?? ''

    const signed = signTicket({ ...ticket, key, info: vector.x_trace_info, wants: wants.filter(wish => wish !== '') })

    // If the vector's `wants` contains a value twice, our ticket contains the value once.
    expect(signed === vector.x_trace_ticket).toBe(new Set(wants).size === wants.length)
    expect(parseTicket(signed)).toMatchObject({ points: ticket.points, wants: ticket.wants })
  },
)

describe('the verdict about a ticket', () => {
  it.each(vectors)('$note: $expect', ({ keys, audience, now, process_started: started, ...vector }) => {
    const verify = createTicketVerifier({ keys, audience, started })

    const verdict = verify({
      info: vector.x_trace_info,
      hmac: vector.x_trace_hmac,
      ticket: vector.x_trace_ticket,
      now,
    })

    const { expect: expected, points, wants } = vector
    expect(verdict).toEqual(expected === 'valid' ? { valid: true, points, wants } : { valid: false, reason: expected })
  })
})

describe('a sequence of tickets', () => {
  const { key, process_started: started, audience, tickets } = sequences

  it.each(sequences.sequences)('$note', ({ capacity, steps }) => {
    const verify = createTicketVerifier({ keys: [key], audience, started, capacity })

    const verdicts = steps.map(({ use, now }) => {
      const { x_trace_info: info = '', x_trace_hmac: hmac = '', x_trace_ticket: ticket = '' } = tickets[use] ?? {}
      const verdict = verify({ info, hmac, ticket, now })
      return verdict.valid ? 'valid' : verdict.reason
    })

    expect(verdicts).toEqual(steps.map(step => step.expect))
  })
})
