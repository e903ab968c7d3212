import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recordableInfo } from '../src/recording/recordable.js'
import { redactQuery, redactText } from '../src/secrets/redact-text.js'

const SIGNS = [
  '=',
  ':',
  '://',
  '@',
  '&',
  '?',
  '#',
  ';',
  ',',
  '/',
  '\\',
  '"',
  "'",
  '`',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '<',
  '</',
  '>',
]
const BLANKS = [' ', '\n', '\r\n', '\t', '\\n', '+', '%20']
const WORDS = [
  ...[
    'password',
    'token',
    'key',
    'name',
    'value',
    'API',
    'Cookie',
    'Authorization',
    'Bearer',
    'Basic',
    '--pass',
    'PASS',
  ],
  ...['PRAGMA', 'attach', 'identified by', 'curl -u', 'mysql -p', '@tcp(', 'hooks.slack.com/services/', '/bot1:'],
  ...['S3cr3tV4lu3', 'abc', '123', '***', '-', '%3D', '%253D', '%22', '%40', '%', '$1', '{"', '":"', '\\"', '&quot;'],
  ...[
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc',
    '-----BEGIN PRIVATE KEY-----',
    'é',
    '\u{1f600}',
    '\ud800',
    '\udc00',
    '\0',
  ],
]
const hostile = fc.array(fc.constantFrom(...SIGNS, ...BLANKS, ...WORDS), { maxLength: 14 }).map(parts => parts.join(''))
const anyText = fc.oneof({ weight: 4, arbitrary: hostile }, { weight: 1, arbitrary: fc.string({ unit: 'binary' }) })
const RUNS = { numRuns: 5_000 }

describe('a redacted text', () => {
  it('can be created from any text, and does not change if it is redacted again', () => {
    fc.assert(
      fc.property(anyText, text => {
        const once = redactText(text, 10_000)

        expect(redactText(once, 10_000)).toBe(once)
      }),
      RUNS,
    )
  })

  it('is as well-formed as the original text, even where it is cut', () => {
    fc.assert(
      fc.property(anyText, fc.nat({ max: 60 }), (text, length) => {
        const given = text.toWellFormed()

        expect(redactText(given, length).isWellFormed()).toBe(true)
        expect(redactQuery(given).isWellFormed()).toBe(true)
        expect(redactText(given, length).length).toBeLessThanOrEqual(given.length <= length ? 4 * length : length + 6)
      }),
      RUNS,
    )
  })

  it('shows no secret, with any text around a pair of a name and a secret', () => {
    const around = fc.array(
      fc.constantFrom('', ' ', ', ', '; ', '\n', '&', '"', "'", '{', '(', 'a=b ', 'x: y, ', '? '),
      { maxLength: 4 },
    )
    const pair = fc.constantFrom(
      ...['password=SEALED', 'password = SEALED', 'password: SEALED', '"password":"SEALED"', "'password': 'SEALED'"],
      ...[
        '\\"password\\":\\"SEALED\\"',
        'password=>SEALED',
        '--password=SEALED',
        'Bearer SEALED1',
        'http://a:SEALED@h',
      ],
    )
    fc.assert(
      fc.property(around, pair, around, (before, middle, after) => {
        expect(redactText(`${before.join('')}${middle}${after.join('')}`, 10_000)).not.toContain('SEALED')
      }),
      RUNS,
    )
  })

  it('shows no secret that was partly cut off', () => {
    const texts = [
      'postgres://app:SEALEDSEALED@db',
      'password="SEALEDSEALED"',
      'Bearer SEALEDSEALED1',
      'a=1&token=SEALEDSEALED',
    ]
    for (const text of texts) {
      for (let length = 0; length <= text.length; length++) expect(redactText(text, length)).not.toContain('SEAL')
    }
  })
})

const UNITS = [
  ...[
    'a',
    '=',
    ':',
    'a=',
    'token=',
    'pin1=',
    'spin1=',
    '://',
    '://a:',
    '://a:b',
    '@',
    'a@b:',
    '&sig=',
    '"',
    '\\"',
    '\\',
  ],
  ...[
    '{"password":',
    '[',
    '{',
    '(',
    '"token":[',
    'name:"token",value:',
    'name=token ',
    'value=',
    'value=x,name=token,',
  ],
  ...['<', '<a ', '<password>', '-', ' --password ', 'Bearer ', 'Basic ', 'eyJ', 'eyJaaaaaaaaaaaaaaaa.', 'SG.', 'sk-'],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    '%3D',
    '%253D',
    '%',
    '%40a=',
    'a%3Db&',
    '\n',
    '\nPASS a',
    'curl -u a:',
  ],
  ...[
    'login a password ',
    'mysql -p',
    '@tcp(',
    'a:b@tcp(',
    'oracle:thin:a/',
    ':a@b',
    'hooks.slack.com/services/',
    '/token/',
  ],
  ...[
    'password = f(',
    'token:(',
    'Authorization: ',
    'password "',
    "identified by '",
    'attach key "',
    'pragma key=',
    'API key: ',
  ],
  ...[
    "'",
    `${'x'.repeat(63)}=`,
    'password=a;',
    'password=,a',
    ' ',
    'token=   ',
    'name="token"\n\n',
    'é=',
    '$2b$10$',
    '&amp;sig=',
  ],
  ...["token in ('", "'a'=token ", "token <> 'a' ", 'Key (token)=(', 'tokens:\n  - a\n', 'password: |\n', 'secret:\n '],
  ...[
    'identified by a ',
    'create identified ',
    'ACL SETUSER >a ',
    '/hooks/aaaaaaaa/',
    '/invite/',
    '8Q~',
    'pin code is 1',
    'v4.local.',
  ],
  ...[
    'Password="a""b',
    'token for a is ',
    '"kty":"k":"',
    '://@/',
    'a://@',
    '://:@',
    '://@',
    '://@xoxb-',
    '://a@ ',
    '://@x@',
    '://@?',
    'a://b:c@',
  ],
  ...['["token","', 'password is a1', '&quot;', 'set password for a', 'password:\n ', 'key '],
]

describe('redacting a text', () => {
  // The test compares the time for a text with the time for a text that is four times as long. Quadratic growth would
  // make the ratio of the times sixteen.
  it.each(UNITS)('takes time that grows roughly in proportion to the length of the text: %j', unit => {
    for (const prefix of ['', 'https://a:']) {
      const of = (length: number) => `${prefix}${unit.repeat(Math.ceil(length / unit.length))}@`
      const [short, long] = [of(32_000), of(128_000)]

      expect(
        leastRatio(
          () => redactText(long, 1e6),
          () => redactText(short, 1e6),
          9,
        ),
      ).toBeLessThan(9)
    }
  })

  it('takes little time, even for the largest info', () => {
    const info = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`m${index}`, '://a:b'.repeat(2_000)]))
    const ordinary = { db: { statement: 'SELECT name FROM products WHERE id = $1', params: '42' } }
    recordableInfo(info)

    const largest = Math.min(...Array.from({ length: 5 }, () => cpuTime(() => recordableInfo(info))))
    const small = Math.min(...Array.from({ length: 5 }, () => cpuTime(() => recordableInfo(ordinary), 1_000)))

    // The largest info has about a thousand times as many characters as the ordinary info. If the time grew
    // quadratically with the length, the ratio of the times would exceed this limit.
    expect(largest / small).toBeLessThan(50_000)
  })

  it.each(['://@/', 'a://@', '://:@', '://@', '://@xoxb-', '://@x@', '://a:b@'])(
    'takes a small multiple of the time for plain text, even with thousands of addresses: %j',
    unit => {
      const infoOf = (part: string) => ({
        texts: Array.from({ length: 6 }, (_, index) => index + part.repeat(Math.floor(9_900 / part.length))),
      })
      const hostile = infoOf(unit)
      const plain = infoOf('The passenger waits. ')
      const ratio = leastRatio(
        () => recordableInfo(hostile),
        () => recordableInfo(plain),
        25,
        10,
      )

      expect(ratio).toBeLessThan(25)
    },
  )
})

/**
 * Returns the time that `work` takes, divided by the time that `other` takes. Each time is the shortest of two to eight
 * measurements, which end when the ratio is below `limit`.
 */
function leastRatio(work: () => void, other: () => void, limit: number, times = 1): number {
  let [least, leastOther] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (let round = 1; round <= 8; round++) {
    least = Math.min(least, cpuTime(work, times))
    leastOther = Math.min(leastOther, cpuTime(other, times))
    if (round > 1 && least / leastOther < limit) break
  }
  return least / leastOther
}

/** Returns the CPU time in microseconds, which other programs on the machine do not affect. */
function cpuTime(work: () => void, times = 1): number {
  const before = process.cpuUsage()
  for (let time = 0; time < times; time++) work()
  const { user, system } = process.cpuUsage(before)
  return Math.max(user + system, 300) / times
}
