import { expect, it } from 'vitest'
import { decodeName, handlesSecret, isSecretInUrl, isSecretName, nameKind } from '../src/secrets/names/secret-names.js'

it.each([
  ['password', 'secret'],
  ['X-Api-Key', 'secret'],
  ['__Host-id', 'secret'],
  ['nextPageToken', 'plain'],
  ['passwordLength', 'described'],
  ['name', 'label'],
  ['value', 'value'],
  ['phrase', 'half'],
  ['sig', 'address'],
  ['title', 'plain'],
])('knows the kind of %s: %s', (name, kind) => {
  expect(nameKind(name)).toBe(kind)
  expect(isSecretName(name)).toBe(kind === 'secret')
})

it('knows names that are secrets in URLs alone', () => {
  expect(['sig', 'key', 'code', 'access%5Ftoken', 'page'].map(isSecretInUrl)).toEqual([true, true, true, true, false])
  expect([decodeName('a%5Fb'), decodeName('a%zz')]).toEqual(['a_b', 'a%zz'])
})

it('knows functions that handle a secret', () => {
  expect(['User.setPassword', 'isTokenValid', 'countTokens', 'load'].map(handlesSecret)).toEqual([
    true,
    true,
    false,
    false,
  ])
})
