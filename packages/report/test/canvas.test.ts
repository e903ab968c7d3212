import { describe, expect, it } from 'vitest'
import { createCanvas } from '../src/terminal/canvas.js'
import { ASCII_GLYPHS, UNICODE_GLYPHS } from '../src/terminal/glyphs.js'

describe('createCanvas', () => {
  it.each([
    [undefined, 80],
    [Number.NaN, 80],
    [Number.POSITIVE_INFINITY, 80],
    [5, 40],
    [99.9, 99],
    [1e9, 1000],
  ])('converts a width of %s to %d columns', (width, columns) => {
    expect(createCanvas({ width }, 40).columns).toBe(columns)
  })

  it('uses Unicode signs and no colors by default', () => {
    const [plain, other] = [createCanvas({}, 20), createCanvas({ unicode: false, color: true }, 20)]

    expect([plain.glyphs, other.glyphs]).toEqual([UNICODE_GLYPHS, ASCII_GLYPHS])
    expect([plain.paint('x', 'red'), other.paint('x', 'red')]).toEqual(['x', '\u001b[31mx\u001b[0m'])
  })
})
