import { get, type Point } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { infoOf, outline, traceRecords } from './fixtures/trace-records.js'

function open(name: string): Point {
  const point = get()?.startBeside(name)
  if (point === undefined) throw new Error('Nothing is traced')
  return point
}

describe('a point', () => {
  it('ends only once', async () => {
    const records = await traceRecords(() => {
      const point = open('call')
      point.fail(new Error('first'))
      point.stop({ late: true })
    })

    expect(outline(records)).toBe('call')
    expect(infoOf(records, 'call-stop')).toMatchObject({ etype: 'Error', message: 'first' })
    expect(infoOf(records, 'call-stop')).not.toHaveProperty('late')
  })

  it('ends the points inside it that are still open', async () => {
    const records = await traceRecords(() => {
      const point = open('call')
      point.startInside('wait').stop()
      point.startInside('transfer')
      point.stop()
    })

    expect(outline(records)).toBe('call(wait transfer)')
  })

  it('records the info as it was at each call, even if the program changes it later', async () => {
    const info = { cart: { items: 1 }, password: 'SEALED' }

    const records = await traceRecords(() => {
      const point = get()?.startBeside('call', info)
      info.cart.items = 2
      point?.fail(new Error('no'), info)
      info.cart.items = 3
    })

    expect(infoOf(records, 'call-start')).toMatchObject({ cart: { items: 1 }, password: '***' })
    expect(infoOf(records, 'call-stop')).toMatchObject({ cart: { items: 2 }, password: '***', etype: 'Error' })
  })

  it('records the failure even if the info has too many members', async () => {
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`n${index}`, index]))

    const records = await traceRecords(() => open('call').fail(new Error('no token=SEALED'), wide))

    expect(infoOf(records, 'call-stop')).toMatchObject({ etype: 'Error', message: 'no token=***', n0: 0 })
    expect(Object.keys(infoOf(records, 'call-stop')).length).toBeLessThan(110)
  })
})
