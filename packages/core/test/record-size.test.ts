import { describe, expect, it } from 'vitest'
import { estimateRecordBytes } from '../src/recording/record-size.js'
import { recordOf } from './fixtures/quick-notifier.js'

describe('estimateRecordBytes', () => {
  it.each<[string, Record<string, unknown>]>([
    ['nothing', {}],
    ['a string with one byte per character', { text: 'x'.repeat(10_000) }],
    ['a string with three bytes per character', { text: '語'.repeat(10_000) }],
    ['control characters, which JSON escapes with six bytes each', { text: '\u0001'.repeat(10_000) }],
    ['many members', Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`name${index}`, index]))],
  ])(
    'returns at least the JSON size of a record minus 400 bytes, and at most twice that size plus 10 kB: %s',
    (_, info) => {
      const record = recordOf('id', { info })
      const bytes = Buffer.byteLength(JSON.stringify(record))

      expect(estimateRecordBytes(record)).toBeGreaterThanOrEqual(bytes - 400)
      expect(estimateRecordBytes(record)).toBeLessThan(2 * bytes + 10_000)
    },
  )

  it('returns a size even if the info contains itself', () => {
    const info: Record<string, unknown> = {}
    info.self = info

    expect(estimateRecordBytes(recordOf('id', { info }))).toBeGreaterThan(0)
  })
})
