import { describe, expect, it } from 'vitest'
import { areWishes, isAudience, isNonce, parseTicket } from '../src/tickets/ticket-text.js'

const KID = 'nRE7Npjv'
const NONCE = 'AAECAwQFBgcICQoLDA0ODw'
const MAC = 'ssEOt9yBoeQ-A_4_-iKrwnL3VidDUfHYjHg622fIRQg'
const FIELDS = ['1', KID, '1000', '1060', NONCE, 'orders', '9', 'answer', MAC]

/** Returns a ticket in which some fields are replaced, by position. */
function write(replaced: Readonly<Record<number, string>> = {}): string {
  return FIELDS.map((field, index) => replaced[index] ?? field).join(';')
}

describe('parseTicket', () => {
  it('returns every field, and the part of the text that is signed', () => {
    expect(parseTicket(write({ 7: 'answer,code,answer' }))).toEqual({
      kid: KID,
      iat: 1_000,
      exp: 1_060,
      nonce: NONCE,
      aud: 'orders',
      points: 9,
      wants: ['answer', 'code'],
      mac: MAC,
      head: `1;${KID};1000;1060;${NONCE};orders;9;answer,code,answer`,
    })
  })

  it.each<[string, Record<number, string>]>([
    ['no host and no wishes', { 5: '', 7: '' }],
    ['the time 0 and a lifetime of one second', { 2: '0', 3: '1' }],
    ['the last time of twelve digits, and a lifetime of 300 seconds', { 2: '999999999699', 3: '999999999999' }],
    ['a million points', { 6: '1000000' }],
    ['an IPv6 address', { 5: '::1' }],
    ['a host of 255 characters', { 5: 'a'.repeat(255) }],
    ['a wish of 64 characters', { 7: 'w'.repeat(64) }],
    ['eight wishes that this version does not know', { 7: 'a,b,c,d,e,f,g,h' }],
  ])('accepts %s', (_what, replaced) => {
    expect(parseTicket(write(replaced))).toBeDefined()
  })

  it.each<[string, Record<number, string>]>([
    ['another version', { 0: '2' }],
    ['a short key id', { 1: KID.slice(1) }],
    ['a time in hexadecimal digits', { 2: '0x3e8' }],
    ['a time in Arabic digits', { 2: '١٠٠٠' }],
    ['a negative time', { 2: '-1', 3: '1' }],
    ['a fraction of a second', { 3: '1060.5' }],
    ['a lifetime of 0 seconds', { 3: '1000' }],
    ['a lifetime of 301 seconds', { 3: '1301' }],
    ['standard base64 in the nonce', { 4: `${NONCE.slice(2)}+/` }],
    ['a host of 256 characters', { 5: 'a'.repeat(256) }],
    ['a path in the host', { 5: 'orders/7' }],
    ['1,000,001 points', { 6: '1000001' }],
    ['nine digits of points', { 6: '100000000' }],
    ['a wish of 65 characters', { 7: 'w'.repeat(65) }],
    ['a comma after the last wish', { 7: 'answer,' }],
    ['a wish in upper case', { 7: 'Answer' }],
    ['a short signature', { 8: MAC.slice(1) }],
    ['a line break at the end', { 8: `${MAC}\n` }],
    ['a NUL character', { 5: 'orders\0' }],
  ])('refuses %s', (_what, replaced) => {
    expect(parseTicket(write(replaced))).toBeUndefined()
  })

  it('refuses a text before or after the ticket, and a very long text', () => {
    const texts = [` ${write()}`, `${write()};`, `${write()}\r\n`, `x\n${write()}`, 'x,'.repeat(1_000_000), '']

    expect(texts.map(parseTicket)).toEqual(texts.map(() => undefined))
  })
})

describe('isAudience', () => {
  it('accepts an empty text, and hosts in lower case', () => {
    const hosts = ['', 'orders.example', '127.0.0.1', 'fe80::1', 'orders:8080', 'my_host', 'a'.repeat(255)]

    expect(hosts.filter(host => !isAudience(host))).toEqual([])
  })

  it('refuses upper case, brackets, white space and separators', () => {
    const hosts = ['Orders', '[::1]', 'a b', 'a\n', 'a;b', 'a,b', 'bücher.example', 'a'.repeat(256)]

    expect(hosts.filter(isAudience)).toEqual([])
  })
})

describe('isNonce', () => {
  it('accepts exactly 22 characters of base64url', () => {
    const nonces = [NONCE, '-_'.repeat(11), '', NONCE.slice(1), `${NONCE}A`, `${NONCE}\n`, `${NONCE.slice(1)}=`]

    expect(nonces.filter(isNonce)).toEqual([NONCE, '-_'.repeat(11)])
  })
})

describe('areWishes', () => {
  it.each([[[]], [['answer']], [['why=cpu@my-shop', 'x.y_z']], [[...'abcdefgh']], [['w'.repeat(64)]]])(
    'accepts %j',
    wishes => {
      expect(areWishes(wishes)).toBe(true)
    },
  )

  it.each([[['']], [['', 'code']], [['a,b']], [['a;b']], [['a b']], [['a\n']], [['A']], [[...'abcdefghi']]])(
    'refuses %j',
    wishes => {
      expect(areWishes(wishes)).toBe(false)
    },
  )
})
