import { expect, it } from 'vitest'
import { wordsOf } from '../src/secrets/names/name-words.js'
import { namesSecret } from '../src/secrets/names/secret-words.js'

function isSecret(name: string): boolean {
  const words = wordsOf(name)
  return namesSecret(words, words.join(''), !/[a-z]/.test(name))
}

it.each([
  ...['password', 'DB_PASS', 'refreshToken', 'connect.sid', 'sessionCookie', 'apiKey', 'STRIPE_KEY', 'otpCode', 'pin'],
  ...['basicauth', 'clientSecret', 'jwt', 'GITHUB_PAT'],
])('namesSecret() treats %s as the name of a secret', name => {
  expect(isSecret(name)).toBe(true)
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
])('namesSecret() does not treat %s as the name of a secret', name => {
  expect(isSecret(name)).toBe(false)
})
