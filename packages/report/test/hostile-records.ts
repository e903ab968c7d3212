import type { TraceRecord } from '@osprofiler/core'
import fc from 'fast-check'

/** Text that tries to break out of the format in which it is written. */
export const hostileText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('</script><script>alert(1)</script>', '"}],"records":[', '__proto__', '\ud800', '\u202e', '\\', ''),
)

const id = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'd', 'unknown-1', '00000000-0000-0000-0000-000000000000'),
  fc.uuid(),
  hostileText,
)

const time = fc.oneof(
  fc
    .nat(3_000_000)
    .map(us => `2026-11-22T11:00:0${Math.floor(us / 1_000_000)}.${String(us % 1_000_000).padStart(6, '0')}`),
  fc.constantFrom('2026-11-22T11:00:00', '2026-11-22 11:00:00.0Z', '1969-01-01T00:00:00.000000', 'never', ''),
)

/** A JSON value that has been parsed, so that it contains no -0, which no store returns. */
const json = fc.jsonValue().map(value => JSON.parse(JSON.stringify(value)))

/** Records in which anything may be wrong: shared ids, cycles, missing fields, wrong types, contradictions. */
export const hostileRecords = fc.array(
  fc.record(
    {
      name: fc.oneof(
        fc.constantFrom('wsgi-start', 'wsgi-stop', 'db-start', 'db-stop', 'start', 'stop'),
        hostileText,
        json,
      ),
      base_id: fc.oneof(fc.constantFrom('a', 'base', 'other'), json),
      parent_id: fc.oneof(id, json),
      trace_id: fc.oneof(id, id, json),
      timestamp: fc.oneof(time, time, json),
      project: fc.oneof(hostileText, json),
      service: fc.oneof(fc.constantFrom('api', 'db'), hostileText, json),
      info: fc.oneof(
        fc.record({ request: json, db: json, etype: json, host: hostileText }, { requiredKeys: [] }),
        fc.record({ requests: fc.record({ method: hostileText, hostname: hostileText, path: hostileText }) }),
        json,
      ),
    },
    { requiredKeys: [] },
  ),
  { minLength: 1, maxLength: 20 },
) as fc.Arbitrary<TraceRecord[]>
