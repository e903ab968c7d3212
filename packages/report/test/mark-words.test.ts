import { buildReport } from '@osprofiler/report'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MARK_WORDS } from '../src/words/mark-words.js'
import { hostileRecords } from './hostile-records.js'

describe('MARK_WORDS', () => {
  it('has an entry for every mark that records can cause', () => {
    fc.assert(
      fc.property(hostileRecords, records => {
        for (const { marks } of buildReport(records).points) {
          for (const mark of marks) expect(MARK_WORDS[mark]).toMatch(/^[a-z]/)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('contains ends of sentences whose subject is the point', () => {
    expect(Object.values(MARK_WORDS).filter(words => /[.]$|^It /.test(words))).toEqual([])
  })
})
