import { expect, it } from 'vitest'
import { forEachMatch, hideGroups, hideSpan, replaceSpans, type Span } from '../src/secrets/values/text-spans.js'

it('hideSpan() hides parts of a string, and joins parts that overlap or touch', () => {
  const spans: Span[] = []
  for (const [start, end] of [
    [8, 9],
    [2, 4],
    [3, 6],
    [6, 7],
    [5, 5],
  ] as const) {
    hideSpan(spans, start, end)
  }

  expect(replaceSpans('0123456789', spans, 10)).toBe('01***7***9')
  expect(replaceSpans('0123456789', spans, 3)).toBe('01***')
})

it('replaceSpans() shows a rewritten part, but hides the part if a secret overlaps it', () => {
  const rewritten = { start: 0, end: 4, shown: 'abcd' }

  expect(replaceSpans('0123456789', [rewritten], 10)).toBe('abcd456789')
  expect(replaceSpans('0123456789', [rewritten, { start: 2, end: 6, shown: '***' }], 10)).toBe('***6789')
})

it('forEachMatch() visits each match, and continues at the position that the last visit set', () => {
  const pattern = /\d/g
  const seen: string[] = []
  const spans: Span[] = []

  forEachMatch(pattern, '1234', ([digit]) => {
    seen.push(digit)
    pattern.lastIndex++
  })
  hideGroups(/key (\w+)/g, 'key a key b', spans)

  expect(seen).toEqual(['1', '3'])
  expect(replaceSpans('key a key b', spans, 99)).toBe('key *** key ***')
})
