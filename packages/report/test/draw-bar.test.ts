import { describe, expect, it } from 'vitest'
import { ASCII_BAR, drawBar, UNICODE_BAR } from '../src/terminal/draw-bar.js'

describe('drawBar', () => {
  it('draws full and half cells from start to end', () => {
    expect(drawBar([{ startUs: 25, endUs: 75 }], 100, 10, UNICODE_BAR)).toBe('  ╺━━━━╸  ')
  })

  it('draws at least half a cell', () => {
    expect(drawBar([{ startUs: 50, endUs: 50 }], 100, 4, UNICODE_BAR)).toBe('  ╸ ')
  })

  it('draws an open right end if the end is unknown', () => {
    expect(drawBar([{ startUs: 50, endUs: undefined }], 100, 4, ASCII_BAR)).toBe('  =.')
  })

  it('draws several intervals within the given number of cells', () => {
    const intervals = [
      { startUs: -50, endUs: 10 },
      { startUs: 90, endUs: 500 },
    ]

    expect(drawBar(intervals, 100, 10, ASCII_BAR)).toBe('=        =')
    expect(drawBar(intervals, 0, 3, ASCII_BAR)).toHaveLength(3)
  })
})
