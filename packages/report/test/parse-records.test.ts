import { parseRecords } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { makeTrace } from './make-trace.js'

const records = makeTrace({ id: 'a', from: 0, to: 10 }, { id: 'b', parent: 'a', from: 2, to: 4 })
const lines = records.map(record => JSON.stringify(record))

describe('parseRecords', () => {
  it('reads one record from each line', () => {
    expect(parseRecords(`${lines.join('\n')}\n`)).toEqual(records)
  })

  it('skips blank lines, a byte order mark and carriage returns', () => {
    expect(parseRecords(`\ufeff\r\n${lines.join('\r\n\n  \n')}`)).toEqual(records)
  })

  it('skips an incomplete last line, regardless of where it was cut', () => {
    const last = lines.at(-1) ?? ''
    const before = lines.slice(0, -1).join('\n')

    for (let length = 1; length < last.length; length++) {
      expect(parseRecords(`${before}\n${last.slice(0, length)}`)).toEqual(records.slice(0, -1))
    }
  })

  it.each(['{"a":', 'not JSON', '7', 'null', '"text"', '[]'])('throws an error with the line number for %s', wrong => {
    const text = `${lines[0]}\n\n${wrong}\n${lines[1]}\n`

    expect(() => parseRecords(text)).toThrow(
      new SyntaxError('Line 3 is not a record. Each line has to be one JSON object; repair or delete it.'),
    )
  })

  it('reads no records from an empty file', () => {
    expect(parseRecords('')).toEqual([])
  })
})
