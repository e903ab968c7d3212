import { describe, expect, it } from 'vitest'
import { isHarmless, isHarmlessInUrl, isHarmlessText } from '../src/secrets/names/harmless-values.js'

it('isHarmlessInUrl() accepts a status code and a plain word, and isHarmlessText() accepts a number of tokens', () => {
  expect([
    isHarmlessInUrl('code', '404'),
    isHarmlessInUrl('code', 'a1b2'),
    isHarmlessInUrl('key', 'name'),
    isHarmlessInUrl('key', 'A1b2'),
  ]).toEqual([true, false, true, false])
  expect(isHarmlessText('tokens', '17')).toBe(true)
})

describe('a value whose name refers to a secret', () => {
  it.each<[string, unknown]>([
    ['auth', true],
    ['tokens', 1532],
    ['pass', 3],
    ['credentials', 'include'],
    ['PWD', '/home/bob'],
  ])('can be harmless: %s = %j', (name, value) => {
    expect(isHarmless(name, value)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['password', 1234],
    ['password', 'hunter2'],
    ['pass', 123_456],
    ['token', null],
    ['token', {}],
    ['password', '/etc/x'],
  ])('is treated as a secret: %s = %j', (name, value) => {
    expect(isHarmless(name, value)).toBe(false)
  })
})
