import { describe, expect, it } from 'vitest'
import { prepareOnce } from '../src/records/prepare-once.js'
import { makeRecord } from './make-record.js'

describe('a batch that a driver prepares', () => {
  it('is prepared only once for all failed tries, but again after a successful try', async () => {
    let prepared = 0
    const use = prepareOnce(() => ++prepared)
    const batch = [makeRecord()]
    const seen: number[] = []
    const fail = async (found: number) => {
      seen.push(found)
      throw new Error('away')
    }

    await use(batch, fail).catch(() => undefined)
    await use(batch, fail).catch(() => undefined)
    // A try counts as successful even if the store will accept some of the records only later.
    await use(batch, async found => seen.push(found))
    await use(batch, async found => seen.push(found))

    expect(seen).toEqual([1, 1, 1, 2])
  })
})
