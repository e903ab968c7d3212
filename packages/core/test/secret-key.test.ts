import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { readKeyText, toReadableKey, toSecretKey } from '../src/keys/secret-key.js'

it('a key object does not show its key', () => {
  for (const key of [toSecretKey('SECRET'), toReadableKey('SECRET')]) {
    expect(inspect(key, { showHidden: true, depth: 9 })).not.toContain('SECRET')
    expect(JSON.stringify(key)).not.toContain('SECRET')
  }
})

it('readKeyText() returns the key of a key object as a string', () => {
  expect([toSecretKey('ключ'), toReadableKey('ключ')].map(readKeyText)).toEqual(['ключ', 'ключ'])
})
