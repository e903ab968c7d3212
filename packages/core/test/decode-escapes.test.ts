import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeEscapes } from '../src/secrets/values/decode-escapes.js'

it('decodeEscapes() decodes strings of any length like decodeURIComponent', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), text => {
      expect(decodeEscapes(encodeURIComponent(text))).toBe(text)
    }),
  )
})

it.each([
  ['a+b', 'a b'],
  ['%zz%4', '%zz%4'],
  ['100%', '100%'],
  [`%41${'x'.repeat(60)}%zz`, `A${'x'.repeat(60)}%zz`],
])('decodeEscapes() decodes "+" as a space, and keeps malformed escapes: %j', (part, decoded) => {
  expect(decodeEscapes(part)).toBe(decoded)
})
