import { createHmac } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { createTicketVerifier, signTicket, type TicketVerdict } from '@osprofiler/core/toolkit'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readPythonOutput } from './python/run-python.js'

const SECOND_IMPLEMENTATION = fileURLToPath(new URL('python/tickets.py', import.meta.url))
const RUNS = Number(process.env.OSPROFILER_TEST_RUNS ?? 1_000)
const NOW_S = 1_795_000_000
const KEYS = ['SECRET_KEY', 'ключ', 'other key']
const WISHES = ['answer', 'code', 'why=cpu', 'why=waits@orders', 'why=cpu@', 'make-tea', 'why=tea@x', 'code@orders']
const HOSTS = ['', 'orders', 'billing', '::1', 'orders:8080']
const CHARACTERS = [...';,=@_-.: 019azAZ\u00e9\u0131\n\0']

const pairs = [0, 1].flatMap(trace =>
  KEYS.map(key => {
    const info = Buffer.from(JSON.stringify({ base_id: `trace-${trace}` })).toString('base64url')
    return { info, hmac: createHmac('sha1', key).update(info).digest('hex') }
  }),
)

/** Generates a ticket that is valid, except that its times, nonce or header pair may be wrong. */
const ticket = fc
  .record({
    key: fc.constantFrom(...KEYS),
    pair: fc.constantFrom(...pairs),
    iat: fc.integer({ min: NOW_S - 40, max: NOW_S + 40 }),
    lifetime: fc.oneof(fc.constant(60), fc.integer({ min: 1, max: 300 })),
    nonce: fc.integer({ min: 0, max: 5 }).map(seed => Buffer.alloc(16, seed).toString('base64url')),
    aud: fc.constantFrom(...HOSTS),
    points: fc.oneof(fc.constantFrom(1, 999_999, 1_000_000), fc.integer({ min: 1, max: 1_000_000 })),
    wants: fc.array(fc.constantFrom(...WISHES), { maxLength: 8 }),
  })
  .map(({ pair, iat, lifetime, ...fields }) => ({
    pair,
    text: signTicket({ ...fields, info: pair.info, iat, exp: iat + lifetime }),
  }))

/** Generates no change in most cases. Otherwise one character is replaced, added or removed. */
const damage = seldom(fc.record({ at: fc.nat(200), removed: fc.nat(1), added: fc.constantFrom('', ...CHARACTERS) }))

const use = fc.record({
  position: fc.nat(3),
  damage,
  pair: seldom(fc.constantFrom(...pairs)),
  late: fc.integer({ min: -80, max: 400 }),
})

const scenario = fc
  .record({
    keys: fc.constantFrom(KEYS, KEYS.slice(0, 1), KEYS.slice(1)),
    audience: fc.constantFrom([], ['orders'], ['orders', '::1', 'orders:8080']),
    twiceStarted: fc.integer({ min: NOW_S * 2 - 160, max: NOW_S * 2 + 20 }),
    capacity: fc.integer({ min: 1, max: 4 }),
    tickets: fc.array(ticket, { minLength: 4, maxLength: 4 }),
    uses: fc.array(use, { minLength: 1, maxLength: 20 }),
  })
  .map(({ twiceStarted, tickets, uses, ...options }) => ({
    ...options,
    started: twiceStarted / 2,
    requests: uses.flatMap(({ position, damage: change, pair, late }) =>
      tickets.slice(position, position + 1).map(({ pair: own, text }) => ({
        ...(pair ?? own),
        ticket: change === null ? text : damaged(text, change),
        now: NOW_S + late / 2,
      })),
    ),
  }))

it('createTicketVerifier() judges every sequence of tickets like an independent implementation in Python', async () => {
  const scenarios = fc.sample(scenario, RUNS)

  const print = await readPythonOutput([SECOND_IMPLEMENTATION], { input: JSON.stringify(scenarios) })

  const expected: string[][] = JSON.parse(print)
  const reached = new Set<string>()
  scenarios.forEach(({ requests, ...options }, position) => {
    const verify = createTicketVerifier(options)
    const verdicts = requests.map(each => show(verify(each)))
    for (const verdict of verdicts) reached.add(verdict.split(' ', 1)[0] ?? '')
    expect(verdicts, JSON.stringify(scenarios[position])).toEqual(expected[position])
  })
  expect([...reached].sort()).toEqual([
    'audience',
    'bad-mac',
    'before-start',
    'busy',
    'expired',
    'malformed',
    'not-yet',
    'other-key',
    'replayed',
    'valid',
  ])
})

function show(verdict: TicketVerdict): string {
  return verdict.valid ? `valid ${verdict.points} ${verdict.wants.join(',')}` : verdict.reason
}

/** Generates `null` in most cases. */
function seldom<Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })
}

function damaged(text: string, { at, removed, added }: { at: number; removed: number; added: string }): string {
  return text.slice(0, at) + added + text.slice(at + removed)
}
