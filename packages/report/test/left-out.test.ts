import { describe, expect, it } from 'vitest'
import { leftOutSentence } from '../src/words/left-out.js'

describe('what cannot be read of a trace', () => {
  it('is counted in a sentence', () => {
    expect(leftOutSentence(1)).toBe('1 entry of this trace holds no record that can be read, and is left out.')
    expect(leftOutSentence(1204)).toBe(
      '1,204 entries of this trace hold no records that can be read, and are left out.',
    )
  })
})
