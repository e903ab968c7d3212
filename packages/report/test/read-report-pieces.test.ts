import { reportJsonChunks } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { createFileLimits } from '../src/files/file-limits.js'
import { beginsLikeReport, createReportReader } from '../src/files/read-report-pieces.js'
import { reportOf } from './find.js'
import { makeShopTrace, served } from './make-trace.js'

const report = reportOf({ id: 'a', ...served('/"{[\\'), from: 0, to: 9 }, { id: 'b', parent: 'a', from: 1, to: 2 })
const text = [...reportJsonChunks(report)].join('')

function read(pieces: readonly string[]) {
  const reader = createReportReader(createFileLimits(Number.POSITIVE_INFINITY))
  for (const piece of pieces) reader.push(piece)
  return reader.end()
}

describe('createReportReader', () => {
  it("reads a report's JSON regardless of where the text is cut", () => {
    for (const length of [1, 2, 7, 100, text.length]) {
      const pieces = Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
        text.slice(index * length, (index + 1) * length),
      )

      expect(read(pieces)).toEqual(report)
    }
  })

  it.each([
    ['', 'it ends in the middle'],
    ['{"children": [', 'it ends in the middle'],
    ['{"children": []} {', 'text follows its end'],
    ['7', 'it does not begin with a brace'],
    ['{"info": {"a": nonsense}}', 'at '],
  ])('refuses %j', (broken, reason) => {
    expect(() => read([broken])).toThrow(`Not a report: the file is not JSON (${reason}`)
  })

  it('recognizes a report by its beginning', () => {
    expect([text, '\ufeff { "children" : []', JSON.stringify(makeShopTrace()[0])].map(beginsLikeReport)).toEqual([
      true,
      true,
      false,
    ])
  })
})
