import { expect, it } from 'vitest'
import { createTraceLosses } from '../src/delivery/losses/trace-losses.js'
import { recordOf } from './fixtures/quick-notifier.js'

const stop = (base_id: string) => recordOf('stop', { name: 'wsgi-stop', base_id })
const start = (base_id: string) => recordOf('start', { name: 'wsgi-start', base_id })

it('dropped records are reported once, in the next stop record of their trace', () => {
  const losses = createTraceLosses()
  losses.add(start('a'))
  losses.addCount(start('a'), 2)

  const told = losses.reportIn([start('a'), stop('b'), stop('a'), stop('a')])

  expect(told.map(({ info }) => info.records_dropped)).toEqual([undefined, undefined, 3, undefined])
})

it('dropped records are reported again, in a copy of a stop record, if the record that reported them was dropped', () => {
  const losses = createTraceLosses()
  const emitted = stop('a')
  losses.add(start('a'))

  const [told] = losses.reportIn([emitted])
  if (told !== undefined) losses.add(told)

  expect(emitted.info).toEqual({})
  expect(losses.reportIn([stop('a')])[0]?.info).toEqual({ records_dropped: 2 })
})

it('dropped records are remembered for a limited number of traces, and values that are not records are ignored', () => {
  const losses = createTraceLosses()
  for (let index = 0; index <= 1_000; index++) losses.add(start(`trace${index}`))

  losses.add({} as never)
  losses.add(
    new Proxy(start('a'), {
      get: () => {
        throw new Error('no')
      },
    }),
  )

  expect(losses.reportIn([stop('trace0'), stop('trace1')]).map(({ info }) => info.records_dropped)).toEqual([
    undefined,
    1,
  ])
})
