import { expect, it } from 'vitest'
import { eachMatch, hide, hideGroups, type Span, withoutSpans } from '../src/secrets/values/text-spans.js'

it('hides parts of a text, of which those that overlap or touch become one', () => {
  const spans: Span[] = []
  for (const [start, end] of [
    [8, 9],
    [2, 4],
    [3, 6],
    [6, 7],
    [5, 5],
  ] as const) {
    hide(spans, start, end)
  }

  expect(withoutSpans('0123456789', spans, 10)).toBe('01***7***9')
  expect(withoutSpans('0123456789', spans, 3)).toBe('01***')
})

it('shows a part that was rewritten, and hides it where a secret overlaps it', () => {
  const rewritten = { start: 0, end: 4, shown: 'abcd' }

  expect(withoutSpans('0123456789', [rewritten], 10)).toBe('abcd456789')
  expect(withoutSpans('0123456789', [rewritten, { start: 2, end: 6, shown: '***' }], 10)).toBe('***6789')
})

it('sees each match, from where the last one lets the search go on', () => {
  const pattern = /\d/g
  const seen: string[] = []
  const spans: Span[] = []

  eachMatch(pattern, '1234', ([digit]) => {
    seen.push(digit)
    pattern.lastIndex++
  })
  hideGroups(/key (\w+)/g, 'key a key b', spans)

  expect(seen).toEqual(['1', '3'])
  expect(withoutSpans('key a key b', spans, 99)).toBe('key *** key ***')
})
