import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createSign, signOf } from '../src/hmac-sha1.js'

const hmacOf = (key: string, text: string) => createHmac('sha1', key).update(text, 'utf8').digest('hex')

describe('HMAC-SHA1', () => {
  it('signs as Node does, under keys of every length around that of a block', () => {
    for (let length = 1; length <= 200; length++) {
      const key = 'k'.repeat(length)

      expect(createSign(key)('text')).toBe(hmacOf(key, 'text'))
    }
  })

  it('signs texts of every length around its room, with one and the same key', () => {
    const sign = createSign('SECRET_KEY')
    const lengths = [...Array(400).keys(), 899, 900, 901, 20_000]

    for (const length of lengths) {
      for (const text of ['a'.repeat(length), '\u20ac'.repeat(length), '\ud83d\ude00'.repeat(length)]) {
        expect(sign(text)).toBe(hmacOf('SECRET_KEY', text))
      }
    }
  })

  it('leaves nothing of a long text in a shorter one that follows', () => {
    const sign = createSign('\u00fcber-\u30ad\u30fc')

    sign('x'.repeat(290))

    expect(sign('short')).toBe(hmacOf('\u00fcber-\u30ad\u30fc', 'short'))
  })

  it('signs a text with lone surrogates as Node does', () => {
    expect(createSign('SECRET_KEY')('a\ud800b')).toBe(hmacOf('SECRET_KEY', 'a\ud800b'))
  })

  it('keeps keys apart, however many there are', () => {
    const keys = Array.from({ length: 30 }, (_, index) => `key ${index}`)

    for (const key of [...keys, ...keys.toReversed()]) {
      expect(signOf(key)('text')).toBe(hmacOf(key, 'text'))
    }
  })

  it('knows the test vectors of RFC 2202', () => {
    expect(createSign('Jefe')('what do ya want for nothing?')).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79')
    expect(createSign('\x0b'.repeat(20))('Hi There')).toBe('b617318655057264e28bc0b6fb378c8ef146be00')
  })
})
