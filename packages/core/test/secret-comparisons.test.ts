import { expect, it } from 'vitest'
import { findComparisons, findDetails } from '../src/secrets/finders/secret-comparisons.js'
import { redactedBy } from './fixtures/redacted-by.js'

it.each([
  ["where token in ('a1', 'b2')", "where token in ('***', '***')"],
  ["where password <> 'a1' and id = 7", "where password <> '***' and id = 7"],
  ["where 'a1' = api_key", "where '***' = api_key"],
  ["where token between 'a1' and 'b2'", "where token between '***' and '***'"],
  ["where name in ('a1', 'b2')", "where name in ('a1', 'b2')"],
])('findComparisons() finds the value that SQL compares with a secret column: %s', (text, shown) => {
  expect(redactedBy(findComparisons, text)).toBe(shown)
})

it.each([
  ['Key (id, api_key)=(7, a1) already exists.', 'Key (id, api_key)=(***) already exists.'],
  ['Key (id)=(7) already exists.', 'Key (id)=(7) already exists.'],
  ['{"kty":"RSA","n":"abc","d":"SEALED"}', '{"kty":"RSA","n":"abc","d":"***"}'],
])('findDetails() finds the values of keys in a database error or a JSON Web Key: %s', (text, shown) => {
  expect(redactedBy(findDetails, text)).toBe(shown)
})
