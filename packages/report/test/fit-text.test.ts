import fc from 'fast-check'
import stringWidth from 'string-width'
import { describe, expect, it } from 'vitest'
import { textWidth } from '../src/terminal/fit-text.js'
import { escapeControl } from '../src/words/escape-control.js'

describe('textWidth', () => {
  it.each([
    ['plain', 5],
    ['größe', 5],
    ['│  └─ ━╸', 8],
    ['東京', 4],
    ['e\u0301', 1],
    ['का', 2],
    ['👍🏽 ok', 5],
    ['\u{18b00}', 2],
  ])('returns the number of columns of %s: %d', (text, width) => {
    expect(textWidth(text)).toBe(width)
  })

  it('never returns less than string-width for printable text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 }).map(escapeControl)

    fc.assert(
      fc.property(text, shown => {
        expect(textWidth(shown)).toBeGreaterThanOrEqual(stringWidth(shown))
      }),
      { numRuns: 2_000 },
    )
  })

  it('equals string-width for every character of common alphabets', () => {
    for (let unit = 0x20; unit < 0x2000; unit++) {
      const shown = escapeControl(String.fromCharCode(unit))
      if (!/^[\p{Emoji}\p{Script=Hangul}]$/u.test(shown))
        expect([shown, textWidth(shown)]).toEqual([shown, stringWidth(shown)])
    }
  })
})
