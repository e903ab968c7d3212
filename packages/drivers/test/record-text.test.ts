import type { TraceRecord } from '@osprofiler/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeRecord } from '../src/records/record-text.js'
import { makeRecord } from './make-record.js'

const INFO = { host: 'h', db: { statement: 'SELECT "é\u2028"\n', params: [1, null, '\ud800'] } }

/** Strings of any 16-bit code units, often with characters that JSON escapes, and with halves of surrogate pairs. */
const anyText = fc
  .array(fc.oneof(fc.constantFrom(0x22, 0x5c, 0x7f, 0xd83d, 0xde00), fc.nat(0x80), fc.nat(0xffff)), { maxLength: 12 })
  .map(units => String.fromCharCode(...units))

/** Encodes a record with its members in the order of Python's drivers. */
function toLine({ name, base_id, parent_id, trace_id, timestamp, info, project, service }: TraceRecord): string {
  return JSON.stringify({ name, base_id, parent_id, trace_id, timestamp, info, project, service })
}

describe('encodeRecord', () => {
  it('writes any string like JSON.stringify, including strings repeated from the previous record', () => {
    const members = fc.record({
      name: anyText,
      base_id: anyText,
      parent_id: anyText,
      trace_id: anyText,
      project: anyText,
      service: anyText,
    })

    fc.assert(
      fc.property(fc.array(members, { minLength: 1, maxLength: 4 }), all => {
        for (const texts of [...all, ...all.toReversed()]) {
          const record = makeRecord({ ...texts, info: INFO })
          expect(encodeRecord(record)).toBe(toLine(record))
        }
      }),
    )
  })

  it('escapes exactly the characters that JSON escapes', () => {
    for (let unit = 0; unit <= 0xffff; unit++) {
      const record = makeRecord({ name: String.fromCharCode(unit), base_id: String.fromCharCode(0xd83d, unit) })
      if (encodeRecord(record) !== toLine(record)) expect.fail(`U+${unit.toString(16)} is written differently`)
    }
  })
})
