import { describe, expect, it } from 'vitest'
import { createBatchParts } from '../src/delivery/writing/batch-parts.js'
import { recordOf } from './fixtures/quick-notifier.js'

const BATCH = ['a', 'b', 'c', 'd', 'e'].map(id => recordOf(id))

function show(records: readonly { readonly trace_id: string }[] | undefined) {
  return records?.map(({ trace_id }) => trace_id).join('')
}

describe('the parts of a batch', () => {
  it('keep the order of the records when the first part is halved', () => {
    const parts = createBatchParts(BATCH)
    const written: (string | undefined)[] = []

    parts.halveFirst()
    parts.halveFirst()
    while (parts.length > 0) {
      written.push(show(parts.first))
      parts.replaceFirst([])
    }

    expect(written).toEqual(['a', 'b', 'cde'])
    expect(parts.first).toBeUndefined()
  })

  it('accept additional records at the end, and replacement records for the first part', () => {
    const parts = createBatchParts(BATCH)

    parts.halveFirst()
    parts.append([recordOf('f')])
    parts.append([])
    parts.replaceFirst(BATCH.slice(1, 2))

    expect([show(parts.records), parts.length, show(parts.first)]).toEqual(['bcdef', 5, 'b'])
  })

  it.each([0, 1, 2, 3, 4])('drop the record at position %i, and keep the other records in order', position => {
    const parts = createBatchParts(BATCH)
    parts.halveFirst()

    parts.removeAt(position)

    expect(show(parts.records)).toBe(['a', 'b', 'c', 'd', 'e'].filter((_, at) => at !== position).join(''))
    expect(parts.length).toBe(4)
  })
})
