import { expect, it } from 'vitest'
import { wordsOf } from '../src/secrets/names/name-words.js'
import { tellsOfSecret } from '../src/secrets/names/secret-words.js'

function tells(name: string): boolean {
  const words = wordsOf(name)
  return tellsOfSecret(words, words.join(''), !/[a-z]/.test(name))
}

it.each([
  ...['password', 'DB_PASS', 'refreshToken', 'connect.sid', 'sessionCookie', 'apiKey', 'STRIPE_KEY', 'otpCode', 'pin'],
  ...['basicauth', 'clientSecret', 'jwt', 'GITHUB_PAT'],
])('reads a secret in the words of %s', name => {
  expect(tells(name)).toBe(true)
})

it.each([
  'passThrough',
  'compass',
  'secretary',
  'primaryKey',
  'PRIMARY_KEY',
  'zipCode',
  'author',
  'pinned',
  'keyboard',
])('reads none in the words of %s', name => {
  expect(tells(name)).toBe(false)
})
