import { type Configuration, configure, start, type TraceRecord, withTrace } from '@osprofiler/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { outline, traceRecords } from './fixtures/trace-records.js'

const tick = () => new Promise(resolve => setImmediate(resolve))
const restores: (() => void)[] = []

function hook(redact: (record: TraceRecord) => unknown): void {
  restores.push(configure({ redact: redact as Configuration['redact'] }))
}

afterEach(() => {
  for (const restore of restores.splice(0).reverse()) restore()
})

function work(): void {
  withTrace('a', { secret: 'shown', card: 4711 }, () => start('b').stop({ card: 4711 }))
}

/** Returns the `card` in the info of each record that leaves the process. */
async function cards(): Promise<unknown[]> {
  return (await traceRecords(work)).map(record => record.info.card)
}

describe('the redact hook', () => {
  it('keeps the failure of a point if the info is too wide or too deep', async () => {
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`n${index}`, index]))
    const many = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`m${index}`, new Array(90).fill(index)]))
    hook(record => record)

    for (const info of [wide, many, { ...many, ...wide }]) {
      const records = await traceRecords(() => start('call').fail(new Error('no'), info))

      expect(records.find(({ name }) => name === 'call-stop')?.info).toMatchObject({ etype: 'Error', message: 'no' })
    }
  })

  it('receives every record before the notifier', async () => {
    const seen: string[] = []
    hook(record => {
      seen.push(record.name)
      return record
    })
    const records = await traceRecords(work)

    expect(seen).toEqual(['a-start', 'b-start', 'b-stop', 'a-stop'])
    expect(records).toHaveLength(4)
  })

  it('may change a record, even in place', async () => {
    hook(record => ({ ...record, info: { ...record.info, card: '****' } }))
    expect(await cards()).toEqual(['****', '****', '****', '****'])

    hook(record => {
      Object.assign(record.info, { card: '****' })
      return record
    })
    expect(await cards()).toEqual(['****', '****', '****', '****'])
  })

  it('may drop a record', async () => {
    hook(record => (record.name.startsWith('b') ? undefined : record))

    expect(outline(await traceRecords(work))).toBe('a')
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('S3CRET')
      },
    ],
    [
      'throws after it has removed the info of the record',
      (record: TraceRecord) => {
        Object.assign(record, { info: undefined })
        throw new Error('S3CRET')
      },
    ],
    ['returns null', () => null],
    ['returns a string', () => 'record'],
    ['returns a promise', async (record: TraceRecord) => record],
    [
      'returns a promise that is rejected',
      async () => {
        throw new Error('S3CRET')
      },
    ],
    ['returns a record without an info', (record: TraceRecord) => ({ ...record, info: undefined })],
  ])('removes only the info of a record when it %s', async (_, redact) => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    hook(redact)
    const records = await traceRecords(work)
    await tick()
    await tick()
    process.off('unhandledRejection', unhandled)

    expect(unhandled).not.toHaveBeenCalled()
    expect(outline(records)).toBe('a(b)')
    for (const { info } of records) expect(info).toEqual({ host: expect.any(String), redact_failed: true })
  })
})
