import { escapeControl } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('escapeControl', () => {
  it.each([
    ['an ANSI escape', '\u001b[31mred', '\\u001b[31mred'],
    ['a C1 control', 'a\u009bb', 'a\\u009bb'],
    ['line breaks and tabs', 'a\r\n\tb', 'a\\r\\n\\tb'],
    ['DEL and NUL', '\u007f\u0000', '\\u007f\\u0000'],
    ['line and paragraph separators', '\u2028\u2029', '\\u2028\\u2029'],
    ['bidirectional overrides', 'a\u202etxt.exe\u2066', 'a\\u202etxt.exe\\u2066'],
    ['zero-width characters', 'a\u200b\u200d\ufeff\u2060b', 'a\\u200b\\u200d\\ufeff\\u2060b'],
    ['lone surrogates', '\ud83da\ude00', '\\ud83da\\ude00'],
    ['invisible tags', '\u{e0041}', '\\u{e0041}'],
    ['fillers and variation selectors', '\u3164\ufe0f', '\\u3164\\ufe0f'],
  ])('escapes %s', (_, text, expected) => {
    expect(escapeControl(text)).toBe(expected)
  })

  it('leaves ordinary text unchanged', () => {
    const text = 'GET /größe — 価格 цена שלום e\u0301 😀 "C:\\temp"'

    expect(escapeControl(text)).toBe(text)
  })

  it('escapes every unsafe character and no safe character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const shown = escapeControl(text)

        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u)
        expect(escapeControl(shown)).toBe(shown)
      }),
    )
  })
})
