import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { createOutageWarning } from '../src/delivery/losses/outage-warning.js'

let told: MockInstance
let now: MockInstance<() => number>

beforeEach(() => {
  told = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  now = vi.spyOn(performance, 'now').mockReturnValue(0)
})
afterEach(() => void vi.restoreAllMocks())

function messages(): string {
  return told.mock.calls.map(([message]) => message).join('\n')
}

describe('a store that takes nothing', () => {
  it('is warned of at its fourth failure, once', () => {
    const warning = createOutageWarning('redis', () => false)

    for (let failure = 0; failure < 3; failure++) warning.failed('It is down.')
    const before = messages()
    for (let failure = 0; failure < 3; failure++) warning.failed('It is down.')

    expect(before).toBe('')
    expect(messages()).toBe('No record can be delivered to the store (redis): It is down.')
  })

  it('is warned of at its second failure where that comes late', () => {
    const warning = createOutageWarning('redis', () => false)

    warning.failed('It hangs.')
    now.mockReturnValue(5_000)
    warning.failed('It hangs.')

    expect(messages()).toContain('It hangs.')
  })

  it('is not warned of where it takes a record in between, or the program listens', () => {
    const warnings = [false, true].map(isHeard => createOutageWarning('redis', () => isHeard))

    for (let failure = 0; failure < 9; failure++) {
      warnings[0]?.failed('It is down.')
      if (failure % 3 === 2) warnings[0]?.over()
      warnings[1]?.failed('It is down.')
    }

    expect(messages()).toBe('')
  })

  it('is warned of where records were given up', () => {
    const warning = createOutageWarning('redis', () => false)

    warning.lost(0)
    warning.lost(3)

    expect(messages()).toBe('The store (redis) gave no answer in time. Records that were not delivered: 3')
  })
})

it('warns of records that may not have arrived, where these are many in a minute', () => {
  const warning = createOutageWarning('redis', () => false)

  warning.uncertain(99, 'It broke.')
  const before = messages()
  warning.uncertain(1, 'It broke.')

  expect(before).toBe('')
  expect(messages()).toContain('has 100 records')
})
