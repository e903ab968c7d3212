import { createTicketVerifier, signTicket } from '@osprofiler/core/toolkit'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNonceStore, MAX_NONCES } from '../packages/core/src/tickets/nonce-store.js'
import { collectRecords } from './adapters/collect-records.js'
import { type RawHeader, sendRaw } from './adapters/send-raw.js'
import { ADAPTERS, type AdapterServer, serveWith } from './adapters/serve-with.js'
import { KEY, signTrace } from './context/signed-request.js'
import { readTicketVectors, type TicketPair } from './ticket-vectors.js'

const { vectors, sequences } = readTicketVectors()
// Only these tickets arrive unchanged. Node's server trims the white space around a header, and reads its bytes as
// Latin-1.
const sendable = vectors.filter(
  ({ x_trace_ticket: ticket }) => ticket === ticket.trim() && /^[\x20-\x7e]*$/.test(ticket),
)

const records = collectRecords()
let server: AdapterServer | undefined
let nowS: number | undefined
const realNow = Date.now.bind(Date)

afterEach(async () => {
  vi.restoreAllMocks()
  await server?.close()
  server = undefined
  nowS = undefined
})

/** Forgets all used nonces, like a process that starts at the given time. */
function restart(startedS: number): void {
  const registry = Reflect.get(globalThis, Symbol.for('osprofiler.core')) as { values: Map<string, object> }
  const memory = registry.values.get('ticket-nonces') as { nonces: object; started: number }
  memory.started = startedS
  memory.nonces = createNonceStore(MAX_NONCES)
}

function turnClock(toS: number): void {
  nowS = toS
  vi.spyOn(Date, 'now').mockImplementation(() => (nowS === undefined ? realNow() : nowS * 1_000))
}

const UNLIMITED = { maxTracesPerSecond: 1e9, maxTraceAge: 1e9 }

async function verdictOf(serving: AdapterServer, { x_trace_info, x_trace_hmac, x_trace_ticket }: TicketPair) {
  const before = serving.stats.tickets
  const response = await sendRaw(serving.port, [
    ['X-Trace-Info', x_trace_info],
    ['X-Trace-HMAC', x_trace_hmac],
    ['X-Trace-Ticket', x_trace_ticket],
  ])
  expect(response.status).toBe(200)
  const { valid, refused } = serving.stats.tickets
  if (valid > before.valid) return 'valid'
  return Object.entries(refused).find(([reason, count]) => count > Reflect.get(before.refused, reason))?.[0]
}

describe.each(ADAPTERS)('%s', adapter => {
  it.each(sendable)('reaches the verdict of the test vector: $note', async vector => {
    restart(vector.process_started)
    turnClock(vector.now)
    server = await serveWith(adapter, {
      hmacKeys: vector.keys,
      options: { ...UNLIMITED, audience: vector.audience, tickets: 'required' },
      answer: () => ({}),
    })

    expect(await verdictOf(server, vector)).toBe(vector.expect)
    expect(records.length).toBe(vector.expect === 'valid' ? 2 : 0)
  })

  it.each(sequences.sequences.filter(({ capacity }) => capacity === undefined))(
    'reaches the verdicts of the sequence: $note',
    async ({ steps }) => {
      restart(sequences.process_started)
      server = await serveWith(adapter, {
        hmacKeys: [sequences.key],
        options: { ...UNLIMITED, audience: sequences.audience },
        answer: () => ({}),
      })
      const verdicts = []
      for (const { use, now } of steps) {
        turnClock(now)
        const pair = sequences.tickets[use]
        if (pair !== undefined) verdicts.push(await verdictOf(server, pair))
      }

      expect(verdicts).toEqual(steps.map(step => step.expect))
    },
  )

  it('ignores the wishes of a replayed ticket, and refuses the trace if tickets are required', async () => {
    restart(0)
    const replayed = async (tickets: 'accept' | 'required') => {
      const serving = await serveWith(adapter, {
        hmacKeys: [KEY],
        options: { tickets },
        answer: () => ({}),
      })
      const headers = ticketHeaders({ wants: ['answer'] })
      const first = await sendRaw(serving.port, headers)
      const recorded = records.length
      const second = await sendRaw(serving.port, headers)
      await serving.close()
      return {
        first: /server-timing: osprofiler/i.test(first.text),
        second: /server-timing/i.test(second.text),
        recordsOfSecond: records.length - recorded,
        refused: [serving.stats.refused['ticket-refused'], serving.stats.tickets.refused.replayed],
      }
    }

    expect(await replayed('accept')).toEqual({ first: true, second: false, recordsOfSecond: 2, refused: [0, 1] })
    expect(await replayed('required')).toEqual({ first: true, second: false, recordsOfSecond: 0, refused: [1, 1] })
  })

  it('if tickets are required, refuses requests without a ticket, and does not count them toward a limit', async () => {
    restart(0)
    const reasons: string[] = []
    server = await serveWith(adapter, {
      hmacKeys: [KEY],
      options: { tickets: 'required', maxTracesPerSecond: 1, onRefused: reason => void reasons.push(reason) },
      answer: () => ({}),
    })
    const { headers } = signTrace()
    for (let round = 0; round < 3; round++) await sendRaw(server.port, Object.entries(headers))

    await sendRaw(server.port, ticketHeaders())

    expect(reasons).toEqual(['no-ticket', 'no-ticket', 'no-ticket'])
    expect(records.map(({ name }) => name)).toEqual(['wsgi-start', 'wsgi-stop'])
  })

  it("with tickets: 'off', neither reads nor counts tickets", async () => {
    restart(0)
    server = await serveWith(adapter, { hmacKeys: [KEY], options: { tickets: 'off' }, answer: () => ({}) })
    const headers = ticketHeaders({ wants: ['answer'] })

    const first = await sendRaw(server.port, headers)
    await sendRaw(server.port, headers)

    expect(first.text).not.toMatch(/server-timing/i)
    expect(records.length).toBe(4)
    expect(server.stats.tickets).toMatchObject({ valid: 0, refused: { replayed: 0 } })
  })

  it('records no more points than the ticket grants', async () => {
    restart(0)
    server = await serveWith(adapter, { hmacKeys: [KEY], answer: steps(9) })

    await sendRaw(server.port, ticketHeaders({ points: 4 }))

    expect(records.filter(({ name }) => name === 'step-start').length).toBe(3)
    expect(records.at(-1)?.info).toMatchObject({ points_omitted: 6 })
  })

  it('reports to the caller how long each step took in total, or why the request is not traced', async () => {
    restart(0)
    server = await serveWith(adapter, { hmacKeys: [KEY], options: { maxTracesPerSecond: 1 }, answer: steps(2) })

    const { headers, baseId } = signTicketed({ wants: ['answer'] })
    const answered = await sendRaw(server.port, headers)
    const limited = await sendRaw(server.port, ticketHeaders({ wants: ['answer'] }))
    const silent = await sendRaw(server.port, ticketHeaders())

    const number = String.raw`\d+\.\d`
    expect(timingOf(answered.text)).toMatch(
      new RegExp(`^osprofiler;desc="${baseId}", total;dur=${number}, step;dur=${number};desc="2 x step"$`),
    )
    expect(timingOf(limited.text)).toBe('osprofiler;desc="refused: rate-limited"')
    expect(timingOf(silent.text)).toBeUndefined()
  })

  it('sends a caller without a valid ticket exactly the bytes that an untraced caller gets', async () => {
    restart(0)
    server = await serveWith(adapter, { hmacKeys: [KEY], answer: () => ({}) })
    const untraced = await sendRaw(server.port, [])
    const used = ticketHeaders({ wants: ['answer'] })
    await sendRaw(server.port, used)
    const cases: RawHeader[][] = [
      used,
      Object.entries(signTrace().headers),
      [...Object.entries(signTrace().headers), ['X-Trace-Ticket', '']],
      [...Object.entries(signTrace().headers), ['X-Trace-Ticket', 'answer']],
      ticketHeaders({ wants: ['answer'] }, 'another key'),
      ticketHeaders({ wants: ['code'] }),
    ]

    for (const headers of cases) expect((await sendRaw(server.port, headers)).text).toBe(untraced.text)
  })
})

describe('a request with two ticket headers', () => {
  it('is counted as a request with a malformed ticket', async () => {
    restart(0)
    server = await serveWith('Express', { hmacKeys: [KEY], answer: () => ({}) })
    const headers = ticketHeaders()
    const ticket = headers.filter(([name]) => name === 'X-Trace-Ticket')

    await sendRaw(server.port, [...headers, ...ticket])

    expect(server.stats.tickets).toMatchObject({ valid: 0, refused: { malformed: 1 } })
  })
})

describe('createTicketVerifier()', () => {
  it('accepts a ticket that was signed for the adapters', () => {
    const { headers } = signTicketed({ points: 7, wants: ['code', 'answer'] })
    const [info = '', hmac = '', ticket = ''] = headers.map(([, value]) => value)

    const verify = createTicketVerifier({ keys: KEY, started: 0 })

    expect(verify({ info, hmac, ticket })).toEqual({ valid: true, points: 7, wants: ['code', 'answer'] })
    expect(verify({ info, hmac, ticket })).toEqual({ valid: false, reason: 'replayed' })
  })
})

interface Fields {
  readonly points?: number
  readonly wants?: readonly string[]
}

function ticketHeaders(fields?: Fields, key?: string): RawHeader[] {
  return signTicketed(fields, key).headers
}

function signTicketed({ points = 100, wants = [] }: Fields = {}, key = KEY) {
  const { baseId, headers } = signTrace(key)
  const iat = realNow() / 1_000
  const ticket = signTicket({ key, info: headers['X-Trace-Info'] ?? '', iat, exp: iat + 60, points, wants })
  return { baseId, headers: [...Object.entries(headers), ['X-Trace-Ticket', ticket]] as RawHeader[] }
}

function steps(count: number) {
  return async () => {
    const { withTrace } = await import('@osprofiler/core')
    for (let step = 0; step < count; step++) await withTrace('step', {}, async () => undefined)
    return {}
  }
}

function timingOf(text: string): string | undefined {
  return /^server-timing: (.*)\r$/im.exec(text)?.[1]
}
