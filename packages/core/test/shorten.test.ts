import { expect, it } from 'vitest'
import { shorten } from '../src/platform/shorten.js'

it('shorten() keeps the beginning and the end of a long text', () => {
  const shown = shorten(`begin ${'x'.repeat(500)} end`, 21)

  expect(shown).toHaveLength(21)
  expect(shown).toMatch(/^begin .*….* end$/)
})

it('shorten() does not split a surrogate pair, and keeps a short text unchanged', () => {
  expect(shorten('😀'.repeat(100), 10).isWellFormed()).toBe(true)
  expect(shorten('short', 10)).toBe('short')
})
