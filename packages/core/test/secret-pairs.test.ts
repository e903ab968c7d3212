import { expect, it } from 'vitest'
import { findPairs } from '../src/secrets/finders/secret-pairs.js'
import { redactedBy } from './fixtures/redacted-by.js'

it.each([
  ['password=SEALED', 'password=***'],
  ['{"user":"bob","password":"SEALED"}', '{"user":"bob","password":"***"}'],
  ['https://host/a?id=7&access_token=SEALED#b', 'https://host/a?id=7&access_token=***#b'],
  ['Server=db;Password="a;b";Database=shop', 'Server=db;Password="***";Database=shop'],
  ['Authorization: Basic SEALED, more', 'Authorization: ***'],
  ['API key: SEALED', 'API key: ***'],
  ['{"name":"Authorization","value":"SEALED"}', '{"name":"Authorization","value":"***"}'],
])('findPairs() finds the value after the name of a secret: %s', (text, shown) => {
  expect(redactedBy(findPairs, text)).toBe(shown)
})

it.each([
  'id=7&name=bob',
  'where password = ? and token = $1',
  '/src/auth/token.js:12:3',
  'unexpected token: identifier',
  'http://host:8080/a::b',
  '{"passwordLength": 12, "auth": true}',
])('findPairs() finds no secret in %s', text => {
  expect(redactedBy(findPairs, text)).toBe(text)
})
