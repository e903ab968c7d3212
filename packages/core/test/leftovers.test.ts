import { setTimeout as sleep } from 'node:timers/promises'
import {
  clean,
  get,
  init,
  type Point,
  run,
  setNotifier,
  signedPack,
  type TraceRecord,
  withTrace,
} from '@osprofiler/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BASE_ID, outline } from './fixtures/trace-records.js'

let records: TraceRecord[]

beforeEach(() => {
  records = []
  setNotifier(record => void records.push(record))
})
afterEach(() => setNotifier(undefined))

/** Runs a function in the trace `BASE_ID`. */
function inTrace<T>(fn: () => T): T {
  return run({ hmacKey: 'KEY', baseId: BASE_ID }, fn)
}

function openPoint(name = 'call'): Point {
  const point = get()?.startBeside(name)
  if (point === undefined) throw new Error('Nothing is traced')
  return point
}

function microseconds({ timestamp }: TraceRecord): number {
  return Date.parse(`${timestamp}Z`) * 1_000 + Number(timestamp.slice(-3))
}

describe('a point that is stopped by code outside its scope', () => {
  it('stays open after the enclosing point and run() have ended', async () => {
    const point = inTrace(() => withTrace('prepare', () => openPoint()))
    const atEnd = outline(records)

    await sleep(20)
    point.stop({ status: 200 })

    const [start, stop] = ['call-start', 'call-stop'].map(name => records.find(record => record.name === name))
    expect(atEnd).toBe('prepare(call?)')
    expect(outline(records)).toBe('prepare(call)')
    expect(stop?.info).toMatchObject({ status: 200 })
    expect(microseconds(stop as TraceRecord) - microseconds(start as TraceRecord)).toBeGreaterThan(10_000)
  })

  it('ends the points inside it when it ends', () => {
    inTrace(() => {
      const point = openPoint()
      const [ended] = [point.startInside('ended'), point.startInside('wait'), point.startInside('wait')]
      ended?.stop()
      point.fail(new Error('no'))
    })

    expect(outline(records)).toBe('call(ended wait wait)')
    expect(records.at(-1)).toMatchObject({ name: 'call-stop', info: { etype: 'Error' } })
    expect(records).toHaveLength(8)
  })
})

describe('whenTraceOver()', () => {
  it('calls its callback once, shortly after the end of a trace, with the time since that end', async () => {
    const told: number[] = []

    const point = inTrace(() => {
      const opened = openPoint()
      opened.whenTraceOver(overFor => told.push(overFor))
      return opened
    })
    await Promise.resolve()
    const atOnce = [...told]

    await expect.poll(() => told.length).toBe(1)
    await sleep(120)
    point.stop()
    expect(atOnce).toEqual([])
    expect(told).toEqual([expect.any(Number)])
    expect(told[0]).toBeGreaterThan(10)
  })

  it('calls its callback for a trace that has already ended', async () => {
    const told: number[] = []
    const point = inTrace(() => openPoint())

    point.whenTraceOver(overFor => told.push(overFor))

    await expect.poll(() => told.length).toBe(1)
    point.stop()
  })

  it('calls its callback for a trace that clean() ended', async () => {
    const told: number[] = []
    await new Promise<void>(resolve =>
      setImmediate(() => {
        init('KEY')
        openPoint().whenTraceOver(overFor => told.push(overFor))
        clean()
        resolve()
      }),
    )

    await expect.poll(() => told.length).toBe(1)
  })

  it('does not call its callback after a cancellation', async () => {
    const told: number[] = []

    inTrace(() => openPoint().whenTraceOver(overFor => told.push(overFor))())
    inTrace(() => openPoint()).whenTraceOver(overFor => told.push(overFor))()

    await sleep(150)
    expect(told).toEqual([])
  })
})

describe('ownsHeaders()', () => {
  const [info, hmac] = signedPack({ base_id: BASE_ID, parent_id: 'caller' }, 'KEY')
  const [, ofCaller] = signedPack({ base_id: BASE_ID, parent_id: BASE_ID }, 'KEY')

  it.each([
    ['a pair of its trace', info, hmac, true],
    ['a pair with blanks around the signature', info, ` ${hmac} `, true],
    ['only the info of its trace', info, undefined, true],
    ['only the signature that the caller sent', undefined, ofCaller, true],
    ['only a signature of other headers', undefined, hmac, false],
    ['a pair of its trace that another key has signed', info, signedPack({ base_id: BASE_ID }, 'OTHER')[1], false],
    ['a pair of another trace', ...signedPack({ base_id: 'other', parent_id: 'caller' }, 'KEY'), false],
    ['only the info of another trace', signedPack({ base_id: 'other' }, 'KEY')[0], undefined, false],
    ['a malformed pair', 'x'.repeat(100_000), 'y', false],
    ['a malformed info', '', undefined, false],
  ])('returns whether the trace owns %s', (_what, given, signature, expected) => {
    const owns = inTrace(() => openPoint().ownsHeaders(given, signature))

    expect(owns).toBe(expected)
  })
})
