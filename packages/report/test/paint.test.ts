import { describe, expect, it } from 'vitest'
import { createPaint } from '../src/terminal/paint.js'

describe('text with colours', () => {
  it('begins with its looks and ends with their end', () => {
    expect(createPaint(true)('text', 'bold', undefined, 'red')).toBe('\u001b[1;31mtext\u001b[0m')
  })

  it('has no escape where there is nothing to be seen', () => {
    expect([createPaint(true)('text'), createPaint(true)('  ', 'red'), createPaint(false)('text', 'red')]).toEqual([
      'text',
      '  ',
      'text',
    ])
  })
})
