import { expect, it } from 'vitest'
import { findKeyBlocks, findShapes } from '../src/secrets/finders/secret-shapes.js'
import { redactedBy } from './fixtures/redacted-by.js'

// The secrets are assembled from pieces, so that no repository scanner reports them as leaks.
it.each([
  ['a JSON Web Token', ['eyJhbGciOiJIUzI1NiJ9', '.eyJzdWIiOiIxIn0.abc']],
  ['an AWS key', ['AKIA', 'IOSFODNN7EXAMPLE']],
  ['a GitHub token', ['ghp', '_0123456789abcdefABCDEF']],
  ['a Stripe key', ['sk', '_live_0123456789abcdef']],
  ['an OpenAI key', ['sk', '-proj-0123456789abcdef']],
  ['a password hash', ['$2b$12$', 'abcdefghijklmnopqrstuv']],
])('findShapes() recognizes %s by its form', (_, parts) => {
  expect(redactedBy(findShapes, `got ${parts.join('')} here`)).toBe('got *** here')
})

it.each(['sk-a-name-with-many-words', 'AKIA', 'version 1.2.3'])('findShapes() finds no secret in %s', text => {
  expect(redactedBy(findShapes, text)).toBe(text)
})

it('findKeyBlocks() finds a private key, even if the key was cut off', () => {
  const [begin, end] = ['-----BEGIN RSA PRIVATE KEY-----', '-----END RSA PRIVATE KEY-----']

  expect(redactedBy(findKeyBlocks, `a ${begin}\nSEALED\n${end} b`)).toBe('a *** b')
  expect(redactedBy(findKeyBlocks, `a ${begin}\nSEALED`)).toBe('a ***')
})
