import { describe, expect, it } from 'vitest'
import { createPaint } from '../src/terminal/paint.js'

describe('createPaint', () => {
  it('puts the styles before a text, and resets them after it', () => {
    expect(createPaint(true)('text', 'bold', undefined, 'red')).toBe('\u001b[1;31mtext\u001b[0m')
  })

  it('adds no escape to blank text', () => {
    expect([createPaint(true)('text'), createPaint(true)('  ', 'red'), createPaint(false)('text', 'red')]).toEqual([
      'text',
      '  ',
      'text',
    ])
  })
})
