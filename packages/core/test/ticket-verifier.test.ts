import { createTraceId, signedPack } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { signTicket, type TicketFields } from '../src/tickets/sign-ticket.js'
import {
  createTicketVerifier,
  type TicketRequest,
  type TicketVerifierOptions,
  toAudience,
} from '../src/tickets/ticket-verifier.js'

const KEY = 'SECRET_KEY'
const NOW = 1_734_455_877
const [INFO, HMAC] = signedPack({ base_id: createTraceId() }, KEY)

/** Returns a request whose ticket was issued at `NOW`, and which is judged at the same time. */
function createRequest(fields: Partial<TicketFields> = {}): TicketRequest {
  const ticket = signTicket({ key: KEY, info: INFO, iat: NOW, exp: NOW + 60, points: 9, ...fields })
  return { info: INFO, hmac: HMAC, ticket, now: NOW }
}

/** Returns the verdict of a new verifier: `valid`, or the reason for the refusal. */
function judge(request: TicketRequest, options: Partial<TicketVerifierOptions> = {}): string {
  const verdict = createTicketVerifier({ keys: KEY, started: NOW, ...options })(request)
  return verdict.valid ? 'valid' : verdict.reason
}

describe('a ticket verifier', () => {
  it('returns the points of a valid ticket, and the wishes that this version supports', () => {
    const verify = createTicketVerifier({ keys: KEY, started: NOW })

    const verdict = verify(createRequest({ points: 1_000_000, wants: ['later', 'code', 'why=cpu@shop'] }))

    expect(verdict).toEqual({ valid: true, points: 1_000_000, wants: ['code', 'why=cpu@shop'] })
  })

  it('began now and judges at the current time, unless other times are given', () => {
    const iat = Date.now() / 1_000 + 5
    const verify = createTicketVerifier({ keys: KEY })

    const verdicts = [iat, iat - 60, iat - 120, iat + 60].map(time =>
      verify({ ...createRequest({ iat: time, exp: time + 60 }), now: undefined }),
    )

    expect(verdicts).toMatchObject([
      { valid: true },
      { reason: 'before-start' },
      { reason: 'expired' },
      { reason: 'not-yet' },
    ])
  })

  it('accepts a ticket from 30 seconds before its issue until 30 seconds after its expiry', () => {
    const request = createRequest()

    const verdicts = [-31, -30, 90.999, 91].map(s => judge({ ...request, now: NOW + s }))

    expect(verdicts).toEqual(['not-yet', 'valid', 'valid', 'expired'])
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses every ticket if the current time or the start time is %d',
    time => {
      const request = createRequest()

      expect(judge({ ...request, now: time })).not.toBe('valid')
      if (time !== Number.NEGATIVE_INFINITY) expect(judge(request, { started: time })).toBe('before-start')
    },
  )

  it('trusts each of its keys, but only for the pair of headers that the same key signed', () => {
    const [, otherHmac] = signedPack({ base_id: 'x' }, 'OTHER')
    const keys = ' OTHER , SECRET_KEY '

    expect(judge(createRequest(), { keys })).toBe('valid')
    expect(judge(createRequest({ key: 'OTHER' }), { keys })).toBe('other-key')
    expect(judge({ ...createRequest(), hmac: otherHmac }, { keys })).toBe('other-key')
    expect(judge(createRequest(), { keys: [] })).toBe('other-key')
  })

  it('gives the first reason that applies, in the order of the checks', () => {
    const late = { now: NOW + 91 }
    const options = { audience: ['billing'], started: NOW + 1, capacity: 0 }
    const request = createRequest({ aud: 'orders' })

    const reasons = [
      judge({ ...request, ...late, ticket: `${request.ticket};`, hmac: '' }, options),
      judge({ ...request, ...late, hmac: '' }, options),
      judge({ ...createRequest({ aud: 'orders', info: 'e30=' }), ...late }, options),
      judge({ ...request, ...late }, options),
      judge(request, options),
      judge(request, { ...options, started: NOW }),
      judge(createRequest({ aud: 'billing' }), { ...options, started: NOW }),
    ]

    expect(reasons).toEqual(['malformed', 'other-key', 'bad-mac', 'expired', 'before-start', 'audience', 'busy'])
  })

  it('does not remember the nonce of a ticket that it refuses', () => {
    const verify = createTicketVerifier({ keys: KEY, started: NOW, capacity: 1 })
    const request = createRequest()

    const verdicts = [{ ...request, now: NOW - 31 }, request, request, createRequest()].map(verify)

    expect(verdicts).toMatchObject([{ reason: 'not-yet' }, { valid: true }, { reason: 'replayed' }, { reason: 'busy' }])
  })

  it('accepts any host if it has no name, and any name for a ticket without a host', () => {
    const request = createRequest({ aud: 'orders' })

    expect(judge(request)).toBe('valid')
    expect(judge(request, { audience: [' Orders '] })).toBe('valid')
    expect(judge(request, { audience: ['billing'] })).toBe('audience')
    expect(judge(createRequest(), { audience: ['billing'] })).toBe('valid')
  })

  it.each([undefined, null, 7, {}, ['x'], { length: 1 }])('refuses a ticket that is missing or no text: %j', ticket => {
    expect(judge({ ...createRequest(), ticket: ticket as never })).toBe('malformed')
  })

  it.each([undefined, null, 7, {}, '', 'ключ'])('never throws for a pair of headers such as %j', text => {
    expect(judge({ ...createRequest(), info: text as never })).toBe('other-key')
    expect(judge({ ...createRequest(), hmac: text as never })).toBe('other-key')
  })

  it.each([[['']], [['a', 7]], [null], ['\ud800']])('throws a TypeError for the keys %j', keys => {
    expect(() => createTicketVerifier({ keys: keys as never })).toThrow(TypeError)
  })
})

describe('toAudience', () => {
  it('writes names in lower case, without white space, brackets or empty names', () => {
    expect(toAudience([' Orders.Example ', '[FE80::1]', '', ' ', '[]', 'a[b]'])).toEqual([
      'orders.example',
      'fe80::1',
      'a[b]',
    ])
  })
})
