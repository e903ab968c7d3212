import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { toReadableKey, toSecretKey } from '../src/keys/secret-key.js'
import { ticketKeyOf, ticketMac } from '../src/tickets/ticket-key.js'

describe('ticketKeyOf', () => {
  it.each(['SECRET_KEY', 'ключ', 'k'.repeat(5_000)])(
    'derives the same key from a text and its key objects: %.10s',
    key => {
      const derived = [key, toSecretKey(key), toReadableKey(key)].map(ticketKeyOf)

      expect(new Set(derived.map(({ kid }) => kid)).size).toBe(1)
      expect(new Set(derived.map(({ secret }) => secret.export().toString('hex'))).size).toBe(1)
    },
  )

  it('derives a key from each key object only once', () => {
    const [key, other] = [toSecretKey('SECRET_KEY'), toSecretKey('OTHER_KEY')]

    const derived = [ticketKeyOf(key), ticketKeyOf(other)]

    expect([ticketKeyOf(key), ticketKeyOf(other)].every((again, index) => again === derived[index])).toBe(true)
    expect(derived[0]?.kid).not.toBe(derived[1]?.kid)
  })

  it('names the key by an id of eight characters, which does not contain the HMAC key', () => {
    expect(ticketKeyOf('SECRET_KEY').kid).toBe('nRE7Npjv')
    expect(ticketKeyOf('S').kid).toMatch(/^[\w-]{8}$/)
  })

  it('returns a key that does not show its secret', () => {
    const ticketKey = ticketKeyOf('SECRET_KEY')
    const secret = ticketKey.secret.export()

    const shown = [inspect(ticketKey, { showHidden: true, depth: 9 }), JSON.stringify(ticketKey)].join()

    for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
      expect(shown).not.toContain(secret.toString(encoding))
    }
    expect(shown).not.toContain('SECRET')
  })
})

describe('ticketMac', () => {
  it('signs the trace headers and the head of the ticket with the derived key', () => {
    const [key, other] = [ticketKeyOf('SECRET_KEY'), ticketKeyOf('OTHER_KEY')]

    const signatures = [
      ticketMac(key, 'info', 'head'),
      ticketMac(other, 'info', 'head'),
      ticketMac(key, 'Info', 'head'),
      ticketMac(key, 'info', 'Head'),
      ticketMac(key, 'infohead', ''),
      ticketMac(key, '', 'infohead'),
    ]

    expect(new Set(signatures).size).toBe(signatures.length)
    expect(ticketMac(key, 'info', 'head')).toBe(signatures[0])
  })

  it('always has 43 characters of base64url', () => {
    const key = ticketKeyOf('SECRET_KEY')

    const signatures = ['', 'ключ', 'x'.repeat(9_999)].map(text => ticketMac(key, text, text))

    for (const signature of signatures) expect(signature).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })
})
