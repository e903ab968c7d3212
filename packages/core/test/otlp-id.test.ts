import { describe, expect, it } from 'vitest'
import { otlpSpanId, otlpTraceId } from '../src/record/otlp-id.js'

const UUID = '019aab00-1234-7abc-8def-0123456789ab'

describe('the OpenTelemetry ids', () => {
  it('are the lowercase digits of a UUID that is written with or without hyphens', () => {
    for (const id of [UUID, UUID.replaceAll('-', ''), UUID.toUpperCase()]) {
      expect(otlpTraceId(id)).toBe('019aab0012347abc8def0123456789ab')
      expect(otlpSpanId(id)).toBe('8def0123456789ab')
    }
  })

  it('are hashed from an id that is not a UUID, always to the same value', () => {
    expect(otlpTraceId('req-17')).toMatch(/^[0-9a-f]{32}$/)
    expect(otlpSpanId('req-17')).toMatch(/^[0-9a-f]{16}$/)
    expect(otlpTraceId('req-17')).toBe(otlpTraceId('req-17'))
    expect(otlpTraceId('req-18')).not.toBe(otlpTraceId('req-17'))
  })

  it('never consist only of zeros, which OpenTelemetry reserves for a missing id', () => {
    const zeros = '00000000-0000-0000-0000-000000000000'

    expect(otlpTraceId(zeros)).toMatch(/[1-9a-f]/)
    expect(otlpSpanId(zeros)).toMatch(/[1-9a-f]/)
    expect(otlpSpanId('019aab00-1234-7abc-0000-000000000000')).toMatch(/[1-9a-f]/)
  })

  // The expected id is the FNV-1a hash of "foobar" with 128 bits in http://www.isthe.com/chongo/src/fnv/test_fnv.c.
  it('are hashed with FNV-1a', () => {
    expect(otlpTraceId('foobar')).toBe('343e1662793c64bf6f0d3597ba446f18')
  })
})
