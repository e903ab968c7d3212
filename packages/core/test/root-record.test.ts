import { expect, it } from 'vitest'
import { isRootRecord, markRoot } from '../src/recording/root-record.js'
import { recordOf } from './fixtures/quick-notifier.js'

it('isRootRecord() recognizes the records of a point that began the trace in this process', () => {
  const [top, served, inner] = [
    recordOf('top', { base_id: 'trace', parent_id: 'trace' }),
    recordOf('served', { base_id: 'trace', parent_id: 'elsewhere' }),
    recordOf('inner', { base_id: 'trace', parent_id: 'served' }),
  ]

  markRoot(served)

  expect([top, served, inner].map(isRootRecord)).toEqual([true, true, false])
  expect(isRootRecord({ ...top })).toBe(true)
  expect(Object.keys(served)).toEqual(Object.keys(inner))
})
