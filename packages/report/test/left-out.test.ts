import { describe, expect, it } from 'vitest'
import { leftOutSentence } from '../src/words/left-out.js'

describe('leftOutSentence', () => {
  it('counts unreadable entries in a sentence', () => {
    expect(leftOutSentence(1)).toBe('1 entry of this trace is left out because it holds no readable record.')
    expect(leftOutSentence(1204)).toBe(
      '1,204 entries of this trace are left out because they hold no readable records.',
    )
  })
})
