import { exportOtlp, exportPerfetto, exportSpeedscope } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import {
  readOtlpLinesRecords,
  readOtlpRecords,
  readPageRecords,
  readPerfettoRecords,
  readSpeedscopeRecords,
} from '../src/files/read-exports.js'
import { listRecords } from '../src/tree/list-records.js'
import { reportOf } from './find.js'
import { parsed } from './parse-export.js'

const report = reportOf({ id: 'a', from: 0, to: 9 }, { id: 'b', parent: 'a', from: 1, to: 2 })

describe('reading the records of an export', () => {
  it('returns the records that were exported', () => {
    const records = listRecords(report)

    expect(readPerfettoRecords(parsed(exportPerfetto(report)).traceEvents as unknown[])).toEqual(records)
    expect(readSpeedscopeRecords(parsed(exportSpeedscope(report)))).toEqual(records)
    expect(readOtlpRecords(parsed(exportOtlp(report)))).toEqual(records)
    expect(readOtlpLinesRecords([...exportOtlp(report)].join(''))).toEqual(records)
  })

  it.each([undefined, null, 7, [], {}, { resourceSpans: {} }, { osprofiler: 7 }])(
    'returns no records for %o',
    value => {
      expect(readOtlpRecords(value)).toEqual([])
      expect(readSpeedscopeRecords(value)).toEqual([])
      expect(readPerfettoRecords([value])).toEqual([])
    },
  )

  it('finds the script element of a page that contains the records', () => {
    const page = '<script id="osprofiler-records">[{"name":"a"}]</script><script>x</script>'

    expect(readPageRecords(page)).toEqual([{ name: 'a' }])
    expect(readPageRecords('<html></html>')).toBeUndefined()
  })
})
