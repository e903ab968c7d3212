import { expect, it } from 'vitest'
import {
  decodeName,
  getNameKind,
  handlesSecret,
  isSecretInUrl,
  isSecretName,
} from '../src/secrets/names/secret-names.js'

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
])('getNameKind() classifies %s as %s', (name, kind) => {
  expect(getNameKind(name)).toBe(kind)
  expect(isSecretName(name)).toBe(kind === 'secret')
})

it('isSecretInUrl() also recognizes names that refer to a secret only in URLs', () => {
  expect(['sig', 'key', 'code', 'access%5Ftoken', 'page'].map(isSecretInUrl)).toEqual([true, true, true, true, false])
  expect([decodeName('a%5Fb'), decodeName('a%zz')]).toEqual(['a_b', 'a%zz'])
})

it('handlesSecret() recognizes the names of functions that handle a secret', () => {
  expect(['User.setPassword', 'isTokenValid', 'countTokens', 'load'].map(handlesSecret)).toEqual([
    true,
    true,
    false,
    false,
  ])
})
