import { setImmediate } from 'node:timers/promises'
import {
  createNotifier,
  type Driver,
  type NotifierOptions,
  OsprofilerError,
  type QueueNotifier,
  run,
  setNotifier,
  type TraceRecord,
  type WriteResult,
  withTrace,
} from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import fc from 'fast-check'
import { v7 } from 'uuid'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { serveFake, signedHeaders } from './fixtures/fake-exchange.js'

const open: QueueNotifier[] = []
afterEach(async () => {
  setNotifier(undefined)
  for (const notifier of open.splice(0)) await notifier.close(1)
})

/** Creates a notifier whose store fails until `settle` is called. */
function openGate(options?: NotifierOptions) {
  const kept: TraceRecord[] = []
  let isOpen = false
  const write = async (records: readonly TraceRecord[]): Promise<undefined> => {
    if (!isOpen) throw new Error('down')
    kept.push(...records)
  }
  const notifier = create(write, { minBackoff: 1, maxBackoff: 2, flushAfter: 1, ...options })
  const settle = async (): Promise<void> => {
    isOpen = true
    await notifier.flush()
  }
  return { notifier, kept, settle }
}

function create(
  write: (records: readonly TraceRecord[]) => Promise<WriteResult | undefined>,
  options: NotifierOptions,
) {
  const driver: Driver = { name: 'test', write, close: async () => {} }
  const notifier = createNotifier(driver, options)
  open.push(notifier)
  return notifier
}

function countReported(records: readonly TraceRecord[]): number {
  return records.reduce((sum, { info }) => sum + Number(info.records_dropped ?? 0), 0)
}

/** Serves a request that records `steps` points. `parentId` is the id of the caller's point. */
function serve(baseId: string, steps: number, parentId = baseId): void {
  serveFake(createRequestTracer('KEY'), signedHeaders('KEY', baseId, parentId), request => {
    for (let step = 0; step < steps; step++) request?.profiler.start('step').stop()
  })
}

async function collectWarnings(): Promise<string[]> {
  // Waits, because a warning from an earlier test may arrive late.
  await setImmediate()
  const warnings: string[] = []
  const listen = (warning: Error & { code?: string }): void => void warnings.push(`${warning.code} ${warning.message}`)
  process.on('warning', listen)
  onTestFinished(() => void process.off('warning', listen))
  return warnings
}

describe('dropped records', () => {
  it('do not occur if a trace reaches the default limit of points', async () => {
    const { notifier, kept, settle } = openGate()
    setNotifier(notifier)

    run({ hmacKey: 'KEY' }, () =>
      withTrace('root', () => {
        for (let step = 0; step < 150_000; step++) withTrace('step', () => undefined)
      }),
    )
    await settle()

    expect(notifier.stats).toMatchObject({ emitted: 200_000, written: 200_000, dropped: 0 })
    expect(kept.at(-1)).toMatchObject({ name: 'root-stop', info: { points_omitted: 50_001 } })
  })

  it('are reported in their trace, and the records of the served request are kept', async () => {
    const { notifier, kept, settle } = openGate({ maxRecords: 100 })
    setNotifier(notifier)

    serve(v7(), 500)
    await settle()

    const { emitted, dropped } = notifier.stats
    expect(emitted).toBe(1_002)
    expect(kept).toHaveLength(emitted - dropped)
    expect(kept[0]?.name).toBe('wsgi-start')
    expect(kept.at(-1)?.name).toBe('wsgi-stop')
    expect(countReported(kept)).toBe(dropped)
    expect(notifier.stats).toMatchObject({ droppedByReason: { 'queue-full': dropped }, droppedRoots: 0 })
  })

  it('do not include the records of a served request, even if another traced service sent the request', async () => {
    const { notifier, kept, settle } = openGate({ maxRecords: 100 })
    setNotifier(notifier)
    serve(v7(), 500)

    const baseIds = [v7(), v7()]
    for (const baseId of baseIds) serve(baseId, 5, v7())
    await settle()

    for (const baseId of baseIds) {
      const ofTrace = kept.filter(record => record.base_id === baseId)
      expect(ofTrace.map(({ name }) => name)).toEqual(['wsgi-start', 'wsgi-stop'])
      expect(countReported(ofTrace)).toBe(10)
    }
  })

  it('include the oldest records of served requests if such records fill the space reserved for them', async () => {
    const { notifier, kept, settle } = openGate({ maxRecords: 100 })
    setNotifier(notifier)
    serve(v7(), 500)

    const baseIds = Array.from({ length: 50 }, () => v7())
    for (const baseId of baseIds) serve(baseId, 0)
    await settle()

    const shown = baseIds.filter(baseId => kept.some(record => record.base_id === baseId))
    expect(shown).toEqual(baseIds.slice(-5))
    expect(notifier.stats.droppedRoots).toBe(1 + 2 * 45)
  })

  it('are reported without changing the records that the program emitted', async () => {
    const { notifier, settle } = openGate({ maxRecords: 10 })
    const emitted: TraceRecord[] = []
    setNotifier(record => {
      emitted.push(record)
      notifier(record)
    })

    serve(v7(), 20)
    await settle()

    expect(notifier.stats.dropped).toBeGreaterThan(0)
    expect(countReported(emitted)).toBe(0)
  })

  it('are reported again if the store refuses the record that reported them', async () => {
    const kept: TraceRecord[] = []
    let isRefusing = true
    const notifier = create(
      async records => {
        if (isRefusing) throw new OsprofilerError('ERR_WRITE_REFUSED', 'never')
        kept.push(...records)
        return undefined
      },
      { maxRecords: 100, flushAfter: 1 },
    )
    setNotifier(notifier)
    const baseId = v7()
    serve(baseId, 500)
    await notifier.flush()
    isRefusing = false

    serve(baseId, 0)
    await notifier.flush()

    expect(notifier.stats.droppedByReason.refused).toBeGreaterThan(90)
    expect(countReported(kept)).toBe(notifier.stats.dropped)
  })

  it('cause only one warning of each kind until the queue is empty', async () => {
    const warnings = await collectWarnings()
    const { notifier, settle } = openGate({ maxRecords: 11 })
    setNotifier(notifier)

    serve(v7(), 500)
    serve(v7(), 500)
    await setImmediate()
    await settle()

    expect(warnings.filter(warning => warning.startsWith('OSPROFILER_RECORDS_DROPPED'))).toEqual([
      expect.stringContaining('11 records or 128 MiB wait for the store (test), which takes them too slowly'),
      expect.stringContaining('Even records of roots are dropped'),
    ])
  })

  it('cause no warning if the program has a listener for drops', async () => {
    const warnings = await collectWarnings()
    const { notifier, settle } = openGate({ maxRecords: 10 })
    notifier.on('drop', () => undefined)
    setNotifier(notifier)

    serve(v7(), 500)
    await setImmediate()
    await settle()

    expect(notifier.stats.dropped).toBeGreaterThan(0)
    expect(warnings).toEqual([])
  })
})

describe('the counts of any mix of traces', () => {
  it('add up in each trace, while records stay in order and the newest root record is kept', async () => {
    const bursts = fc.array(
      fc.record({ trace: fc.nat(3), steps: fc.nat(40), flush: fc.boolean(), size: fc.constantFrom(1, 1, 1, 3_000) }),
      { minLength: 1, maxLength: 25 },
    )
    await fc.assert(
      fc.asyncProperty(bursts, fc.integer({ min: 1, max: 200 }), fc.nat(50), async (served, maxRecords, batchSize) => {
        const kept: TraceRecord[] = []
        const emitted: TraceRecord[] = []
        const notifier = create(async records => void kept.push(...records), {
          maxRecords,
          maxBytes: 60_000,
          batchSize: batchSize + 1,
          flushAfter: 1,
        }).on('drop', () => undefined)
        for (const [index, { trace, steps, flush, size }] of served.entries()) {
          for (const record of burst(`trace-${trace}`, index, steps, size)) {
            emitted.push(record)
            notifier(record)
          }
          if (!flush) continue
          await notifier.flush()
          const newest = kept.find(({ name, trace_id }) => name === 'point-stop' && trace_id === `root-${index}`)
          if (maxRecords >= 10) expect(newest).toBeDefined()
        }
        await notifier.flush()
        for (let trace = 0; trace < 4; trace++) {
          const last = stopOf(`trace-${trace}`, 'end', `trace-${trace}`)
          emitted.push(last)
          notifier(last)
        }
        await notifier.flush()

        const { stats } = notifier
        expect(stats).toMatchObject({ emitted: emitted.length, written: kept.length, queued: 0 })
        expect(kept.length + stats.dropped).toBe(emitted.length)
        const position = new Map(emitted.map((record, place) => [`${record.trace_id} ${record.name}`, place]))
        const places = kept.map(record => position.get(`${record.trace_id} ${record.name}`) ?? -1)
        expect(places).toEqual(places.toSorted((a, b) => a - b))
        for (let trace = 0; trace < 4; trace++) {
          const ofTrace = (records: readonly TraceRecord[]) => records.filter(r => r.base_id === `trace-${trace}`)
          // If the trace's last record was also dropped, no later record could report the loss.
          if (!kept.some(({ trace_id, base_id }) => trace_id === 'end' && base_id === `trace-${trace}`)) continue
          expect(ofTrace(kept).length + countReported(ofTrace(kept))).toBe(ofTrace(emitted).length)
        }
      }),
      { numRuns: 100 },
    )
  })
})

function burst(baseId: string, index: number, steps: number, size: number): TraceRecord[] {
  const root = `root-${index}`
  const records = [{ ...stopOf(baseId, root, baseId), name: 'wsgi-start' }]
  for (let step = 0; step < steps; step++) {
    const id = `${root}-${step}`
    const info = { text: 'x'.repeat(size) }
    records.push({ ...stopOf(baseId, id, root), name: 'step-start', info }, stopOf(baseId, id, root))
  }
  records.push(stopOf(baseId, root, baseId))
  return records
}

function stopOf(baseId: string, id: string, parentId: string): TraceRecord {
  return {
    name: 'point-stop',
    base_id: baseId,
    parent_id: parentId,
    trace_id: id,
    timestamp: '2026-11-22T12:00:00.000000',
    info: {},
    project: 'p',
    service: 's',
  }
}
