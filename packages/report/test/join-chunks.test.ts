import { describe, expect, it } from 'vitest'
import { joinChunks } from '../src/json/join-chunks.js'

describe('pieces of a text', () => {
  it('are joined until they are worth a write', () => {
    expect([...joinChunks(['a', 'bc', 'd', 'efgh', 'i'], 3)]).toEqual(['abc', 'defgh', 'i'])
  })

  it('are some 64 KiB unless told otherwise, and none are empty', () => {
    const chunks = [...joinChunks(Array.from({ length: 200 }, () => 'x'.repeat(1_000)))]

    expect(chunks.map(chunk => chunk.length)).toEqual([66_000, 66_000, 66_000, 2_000])
    expect([...joinChunks(['', ''])]).toEqual([])
  })
})
