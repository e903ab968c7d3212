import { expect, it } from 'vitest'
import { hmac } from '../src/keys/hmac.js'
import { toSecretKey } from '../src/keys/secret-key.js'

// The vector is test case 2 of RFC 2202.
it('hmac() computes HMAC-SHA1 with a key that is a string or a key object', () => {
  const text = 'what do ya want for nothing?'
  const digits = 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'

  expect(hmac('Jefe', text)).toBe(digits)
  expect(hmac(toSecretKey('Jefe'), text)).toBe(digits)
})
