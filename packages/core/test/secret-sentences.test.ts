import { expect, it } from 'vitest'
import { findSentences, mayHaveSentence } from '../src/secrets/finders/secret-sentences.js'
import { redactedBy } from './fixtures/redacted-by.js'

it.each([
  ['The password for bob is hunter22x now', 'The password for bob is *** now'],
  ['requirepass a1b2c3d4', 'requirepass ***'],
  ['Your verification code is 839274', 'Your verification code is ***'],
  ['your login code is 12 34 56', 'your login code is ***'],
])('findSentences() finds a secret in a sentence: %s', (text, shown) => {
  expect(mayHaveSentence(text)).toBe(true)
  expect(redactedBy(findSentences, text)).toBe(shown)
})

it.each(['The password is required', 'the token was issued', 'exit code is 12'])(
  'findSentences() finds no secret in %s',
  text => {
    expect(redactedBy(findSentences, text)).toBe(text)
  },
)
