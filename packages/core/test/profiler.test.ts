import { createTraceId, get } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { infoOf, outline, traceRecords } from './fixtures/trace-records.js'

it('createTraceId() creates a different version 7 UUID for each trace', () => {
  const [one, other] = [createTraceId(), createTraceId()]

  expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(Math.abs(Number.parseInt(one.replaceAll('-', '').slice(0, 12), 16) - Date.now())).toBeLessThan(60_000)
  expect(other).not.toBe(one)
})

describe('a profiler', () => {
  it('nests the points of start(), but not those of startBeside()', async () => {
    const records = await traceRecords(() => {
      const profiler = get()
      const beside = profiler?.startBeside('request')
      profiler?.start('outer')
      profiler?.start('inner').stop()
      beside?.stop()
    })

    expect(outline(records)).toBe('request outer(inner)')
  })

  it('opens a point with fork(), and end() stops this point and the open points inside it', async () => {
    const records = await traceRecords(() => {
      const inside = get()?.fork('served', { a: 1, b: 1 }, { b: 2 })
      inside?.start('step')
      inside?.end({ c: 3 })
    })

    expect(outline(records)).toBe('served(step)')
    expect(infoOf(records, 'served-start')).toMatchObject({ a: 1, b: 2 })
    expect(infoOf(records, 'served-stop')).toMatchObject({ c: 3 })
  })

  it('shows only its ids in a log', async () => {
    let shown = ''

    await traceRecords(() => {
      shown = JSON.stringify(get())
    })

    expect(Object.keys(JSON.parse(shown))).toEqual(['baseId', 'parentId', 'traceId'])
  })
})
