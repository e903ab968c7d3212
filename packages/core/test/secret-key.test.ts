import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { readKeyText, toReadableKey, toSecretKey } from '../src/keys/secret-key.js'

it('creates a key object that does not show the key', () => {
  for (const key of [toSecretKey('SECRET'), toReadableKey('SECRET')]) {
    expect(inspect(key, { showHidden: true, depth: 9 })).not.toContain('SECRET')
    expect(JSON.stringify(key)).not.toContain('SECRET')
  }
})

it('returns the key as a string if the key is readable', () => {
  expect([toSecretKey('ключ'), toReadableKey('ключ')].map(readKeyText)).toEqual(['ключ', 'ключ'])
})
