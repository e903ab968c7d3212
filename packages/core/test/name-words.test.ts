import { expect, it } from 'vitest'
import { createWordSet, shortenName, wordsOf } from '../src/secrets/names/name-words.js'

it.each([
  ['DB_PASS', ['db', 'pass']],
  ['smtpPass', ['smtp', 'pass']],
  ['connect.sid', ['connect', 'sid']],
  ['HTTPSKey', ['https', 'key']],
  ['contraseña', ['contraseña']],
  ['42', []],
])('wordsOf() splits %s into its words', (name, words) => {
  expect(wordsOf(name)).toEqual(words)
})

it('shortenName() keeps both ends of a name that is too long', () => {
  expect(shortenName(`a${'x'.repeat(1_000)}z`)).toMatch(/^ax{255} x{255}z$/)
})

it('createWordSet() creates a set from the words of a string', () => {
  expect([...createWordSet('one two one')]).toEqual(['one', 'two'])
})
