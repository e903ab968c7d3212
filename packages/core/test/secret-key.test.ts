import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { textOf, toReadableKey, toSecretKey } from '../src/keys/secret-key.js'

it('keeps a key in a shape that shows nothing of it', () => {
  for (const key of [toSecretKey('SECRET'), toReadableKey('SECRET')]) {
    expect(inspect(key, { showHidden: true, depth: 9 })).not.toContain('SECRET')
    expect(JSON.stringify(key)).not.toContain('SECRET')
  }
})

it('gives the text of a key to the code that may have it', () => {
  expect([toSecretKey('ключ'), toReadableKey('ключ')].map(textOf)).toEqual(['ключ', 'ключ'])
})
