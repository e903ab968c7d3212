import { describe, expect, it } from 'vitest'
import { joinChunks } from '../src/json/join-chunks.js'

describe('joinChunks', () => {
  it('joins pieces up to the given length', () => {
    expect([...joinChunks(['a', 'bc', 'd', 'efgh', 'i'], 3)]).toEqual(['abc', 'defgh', 'i'])
  })

  it('yields chunks of about 64 KiB by default, and no empty chunk', () => {
    const chunks = [...joinChunks(Array.from({ length: 200 }, () => 'x'.repeat(1_000)))]

    expect(chunks.map(chunk => chunk.length)).toEqual([66_000, 66_000, 66_000, 2_000])
    expect([...joinChunks(['', ''])]).toEqual([])
  })
})
