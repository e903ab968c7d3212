import { buildReport, exportOtlp, exportPerfetto, exportSpeedscope, readTraceFile } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { makeShopTrace, makeTrace } from './make-trace.js'

describe('every export', () => {
  it.each([exportPerfetto, exportSpeedscope, exportOtlp])('handles records nested 20,000 deep: %o', async write => {
    let info: unknown = 'bottom'
    for (let depth = 0; depth < 20_000; depth++) info = [info]
    const report = buildReport(makeTrace({ id: 'a', from: 0, to: 1, info: { deep: info } }))

    const { points } = await readTraceFile(write(report))

    expect(points[0]).toMatchObject({ traceId: 'a', durationUs: 1, marks: [] })
  })

  it.each([exportPerfetto, exportSpeedscope, exportOtlp])('is written in pieces: %o', write => {
    const chunks = [...write(buildReport(Array.from({ length: 20 }, makeShopTrace).flat()))]

    expect(chunks.length).toBeGreaterThan(2)
    expect(chunks.every(chunk => chunk.length < 200_000)).toBe(true)
  })

  it.each([exportPerfetto, exportSpeedscope, exportOtlp])('shortens names that are a megabyte long: %o', write => {
    const long = 'n'.repeat(1_000_000)
    const text = [...write(buildReport(makeTrace({ id: 'a', name: long, service: long, from: 0, to: 1 })))].join('')

    // The name and the service each have a megabyte, and occur twice in the records.
    expect(text.length).toBeLessThan(4_100_000)
  })
})
