import { expect, it } from 'vitest'
import { createTraceLosses } from '../src/delivery/losses/trace-losses.js'
import { recordOf } from './fixtures/quick-notifier.js'

const stop = (base_id: string) => recordOf('stop', { name: 'wsgi-stop', base_id })
const start = (base_id: string) => recordOf('start', { name: 'wsgi-start', base_id })

it('tells in the next stop of a trace how many of its records were dropped, once', () => {
  const losses = createTraceLosses()
  losses.add(start('a'))
  losses.addSome(start('a'), 2)

  const told = losses.tellIn([start('a'), stop('b'), stop('a'), stop('a')])

  expect(told.map(({ info }) => info.records_dropped)).toEqual([undefined, undefined, 3, undefined])
})

it('tells again what a dropped stop was to tell, and leaves emitted records as they are', () => {
  const losses = createTraceLosses()
  const emitted = stop('a')
  losses.add(start('a'))

  const [told] = losses.tellIn([emitted])
  if (told !== undefined) losses.add(told)

  expect(emitted.info).toEqual({})
  expect(losses.tellIn([stop('a')])[0]?.info).toEqual({ records_dropped: 2 })
})

it('remembers a bounded number of traces, and survives what is no record', () => {
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

  expect(losses.tellIn([stop('trace0'), stop('trace1')]).map(({ info }) => info.records_dropped)).toEqual([
    undefined,
    1,
  ])
})
