import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { createTraceId, KeyRing, run, setNotifier, signedPack, signedUnpack, Trace } from '@osprofiler/core'
import { createTicketVerifier, signTicket } from '@osprofiler/core/toolkit'
import { answerTimes } from '../answer.js'
import { callOften } from '../points/often.js'

setNotifier(() => {})

const KEY = 'SECRET_KEY'
const ring = new KeyRing(KEY)
const secret = createSecretKey(Buffer.from(KEY))
const traces = Array.from({ length: 1_024 }, () => ({ base_id: createTraceId(), parent_id: createTraceId() }))
const headers = traces.map(trace => signedPack(trace, KEY))

// A verifier accepts each ticket only once, so the verifier is replaced after all tickets were used.
const TICKETS = 16_384
const nowS = Math.floor(Date.now() / 1_000)
const ticketSecret = createSecretKey(randomBytes(32))
const grant = { key: secret, iat: nowS, exp: nowS + 300, aud: 'orders', points: 100_000, wants: ['answer', 'code'] }
let tickets
let verifyTicket

/** Returns tickets for the headers. Creates them at the first call, because most tasks need no tickets. */
function getTickets() {
  tickets ??= Array.from({ length: TICKETS }, (_, i) => signTicket({ ...grant, info: pickAt(headers, i)[0] }))
  return tickets
}

const pickAt = (list, i) => list[i % list.length]

answerTimes({
  verify: callOften(i => {
    const [info, hmac] = pickAt(headers, i)
    return signedUnpack(info, hmac, ring)
  }),
  // The least code that verifies headers: one HMAC, a comparison, and JSON decoded from base64.
  verifyBare: callOften(i => {
    const [info, hmac] = pickAt(headers, i)
    const matches = createHmac('sha1', secret).update(info).digest('hex') === hmac
    return matches ? JSON.parse(Buffer.from(info, 'base64').toString()) : undefined
  }),
  sign: callOften(i => signedPack(pickAt(traces, i), KEY)),
  // The key is a string, because `signedPack()` also receives a string.
  signBare: callOften(i => {
    const info = Buffer.from(JSON.stringify(pickAt(traces, i))).toString('base64')
    return [info, createHmac('sha1', KEY).update(info).digest('hex')]
  }),
  headers: count =>
    run({ hmacKey: KEY }, () => {
      const point = new Trace('point')
      return callOften(() => point.getTraceIdHeaders())(count)
    }),
  headersBare: callOften(i => {
    const info = Buffer.from(JSON.stringify(pickAt(traces, i))).toString('base64')
    return [info, createHmac('sha1', secret).update(info).digest('hex')]
  }),
  verifyTicket: callOften(i => {
    const [info, hmac] = pickAt(headers, i)
    const ticket = getTickets()[i % TICKETS]
    if (i % TICKETS === 0) verifyTicket = createTicketVerifier({ keys: KEY, audience: ['orders'], started: nowS })
    return verifyTicket({ info, hmac, ticket })
  }),
  // The least that any code has to do to verify a ticket: two HMACs, their comparison, and reading the ticket's fields.
  verifyTicketBare: callOften(i => {
    const [info, hmac] = pickAt(headers, i)
    const ticket = getTickets()[i % TICKETS]
    const at = ticket.lastIndexOf(';')
    const mac = createHmac('sha256', ticketSecret).update(`osprofiler-ticket-v1\n${info}\n${ticket.slice(0, at)}`)
    const matches = createHmac('sha1', secret).update(info).digest('hex') === hmac
    return matches && mac.digest('base64url') !== ticket.slice(at + 1) && ticket.split(';')
  }),
  signTicket: callOften(i => signTicket({ ...grant, info: pickAt(headers, i)[0] })),
  signTicketBare: callOften(i => {
    const head = `1;kidkidki;${nowS};${nowS + 300};${randomBytes(16).toString('base64url')};orders;100000;answer,code`
    const signed = `osprofiler-ticket-v1\n${pickAt(headers, i)[0]}\n${head}`
    return `${head};${createHmac('sha256', ticketSecret).update(signed).digest('base64url')}`
  }),
  hmac: callOften(i => createHmac('sha1', secret).update(pickAt(headers, i)[0]).digest('hex')),
})
