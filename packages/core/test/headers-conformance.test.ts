import { readFileSync } from 'node:fs'
import { signedUnpack } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'

interface Vector {
  readonly note: string
  readonly keys: readonly string[]
  readonly x_trace_info: string | null
  readonly x_trace_hmac: string | null
  readonly traced: boolean
  readonly expect_traced: boolean
  readonly deviation?: string
  readonly base_id?: unknown
  readonly parent_id?: unknown
  readonly accepted_key?: string
}

const path = new URL('../../../test/fixtures/conformance/headers.json', import.meta.url)
const { vectors } = JSON.parse(readFileSync(path, 'utf8')) as { vectors: Vector[] }

describe('a decision of signedUnpack()', () => {
  it.each(vectors)('matches the recorded expectation: $note', vector => {
    const unpacked = signedUnpack(vector.x_trace_info, vector.x_trace_hmac, vector.keys)

    const { base_id: baseId, parent_id: parentId, accepted_key: hmacKey } = vector
    expect(unpacked).toEqual(vector.expect_traced ? { baseId, parentId, hmacKey } : undefined)
  })

  it("differs from Python's recorded decision only if signedUnpack() refuses headers for a documented reason", () => {
    const departures = vectors.filter(vector => vector.traced !== vector.expect_traced)

    expect(departures.length).toBeGreaterThan(0)
    for (const { deviation, expect_traced } of departures) {
      expect({ deviation, expect_traced }).toEqual({ deviation: expect.stringMatching(/./), expect_traced: false })
    }
  })
})
