import { exportOtlp, exportPerfetto, exportSpeedscope } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import {
  recordsOfEvents,
  recordsOfOtlp,
  recordsOfOtlpLines,
  recordsOfPage,
  recordsOfSpeedscope,
} from '../src/files/read-exports.js'
import { listRecords } from '../src/tree/list-records.js'
import { reportOf } from './find.js'
import { parsed } from './parse-export.js'

const report = reportOf({ id: 'a', from: 0, to: 9 }, { id: 'b', parent: 'a', from: 1, to: 2 })

describe('the records in an export', () => {
  it('are those that it was made of', () => {
    const records = listRecords(report)

    expect(recordsOfEvents(parsed(exportPerfetto(report)).traceEvents as unknown[])).toEqual(records)
    expect(recordsOfSpeedscope(parsed(exportSpeedscope(report)))).toEqual(records)
    expect(recordsOfOtlp(parsed(exportOtlp(report)))).toEqual(records)
    expect(recordsOfOtlpLines([...exportOtlp(report)].join(''))).toEqual(records)
  })

  it.each([undefined, null, 7, [], {}, { resourceSpans: {} }, { osprofiler: 7 }])('are none in %o', value => {
    expect(recordsOfOtlp(value)).toEqual([])
    expect(recordsOfSpeedscope(value)).toEqual([])
    expect(recordsOfEvents([value])).toEqual([])
  })

  it('are in a page between the ends of one element', () => {
    const page = '<script id="osprofiler-records">[{"name":"a"}]</script><script>x</script>'

    expect(recordsOfPage(page)).toEqual([{ name: 'a' }])
    expect(recordsOfPage('<html></html>')).toBeUndefined()
  })
})
