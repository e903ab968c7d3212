import { setImmediate } from 'node:timers/promises'
import { setNotifier, signedPack, type TraceRecord } from '@osprofiler/core'
import { createCallTracer, type ServedCall } from '@osprofiler/core/rpc'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { infoOf, outline } from './fixtures/trace-records.js'

let records: TraceRecord[]

beforeEach(() => {
  records = []
  setNotifier(record => void records.push(record))
})
afterEach(() => setNotifier(undefined))

function openCall(): ServedCall {
  const [info, hmac] = signedPack({ base_id: '019aab00-0000-7000-8000-000000000000' }, 'KEY')
  const call = createCallTracer('KEY', { maxTraceAge: 1e12 }).open({ info, hmac }, {}, {})
  if (call === undefined) throw new Error('Not traced')
  return call
}

describe('a served call', () => {
  it('ends when its promise has settled', async () => {
    const call = openCall()

    const served = call.serve(() => setImmediate('done'))
    const before = records.length
    await served

    await expect.poll(() => [before, records.length]).toEqual([1, 2])
  })

  it('ends with the error of its function, and throws that error', () => {
    const serve = () =>
      openCall().serve(() => {
        throw new TypeError('no')
      })

    expect(serve).toThrow('no')
    expect(infoOf(records, 'rpc-stop')).toMatchObject({ etype: 'TypeError', message: 'no' })
  })

  it('ends only once, when its message is acknowledged', () => {
    const call = openCall()

    call.serve(
      () => call.profiler.start('step'),
      () => {},
    )
    const before = outline(records)
    call.end({ acknowledged: true })
    call.fail(new Error('late'))

    expect([before, outline(records)]).toEqual(['rpc?(step?)', 'rpc(step)'])
    expect(infoOf(records, 'rpc-stop')).toMatchObject({ acknowledged: true })
  })
})
