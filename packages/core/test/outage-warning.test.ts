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

it('an outage warning is emitted if the outcome of 100 records within a minute is unknown', () => {
  const warning = createOutageWarning('redis', () => false)

  warning.noteUncertain(99, 'It broke.')
  const before = messages()
  warning.noteUncertain(1, 'It broke.')

  expect(before).toBe('')
  expect(messages()).toContain('has 100 records')
})

describe('a store that fails', () => {
  it('causes one warning, at its fourth failure', () => {
    const warning = createOutageWarning('redis', () => false)

    for (let failure = 0; failure < 3; failure++) warning.noteFailure('It is down.')
    const before = messages()
    for (let failure = 0; failure < 3; failure++) warning.noteFailure('It is down.')

    expect(before).toBe('')
    expect(messages()).toBe('No record can be delivered to the store (redis): It is down.')
  })

  it('causes a warning at its second failure if that failure occurs five seconds after the first failure', () => {
    const warning = createOutageWarning('redis', () => false)

    warning.noteFailure('It hangs.')
    now.mockReturnValue(5_000)
    warning.noteFailure('It hangs.')

    expect(messages()).toContain('It hangs.')
  })

  it('causes no warning if it accepts records between the failures, or if the program listens for errors', () => {
    const warnings = [false, true].map(isHeard => createOutageWarning('redis', () => isHeard))

    for (let failure = 0; failure < 9; failure++) {
      warnings[0]?.noteFailure('It is down.')
      if (failure % 3 === 2) warnings[0]?.noteSuccess()
      warnings[1]?.noteFailure('It is down.')
    }

    expect(messages()).toBe('')
  })

  it('causes a warning if records were abandoned', () => {
    const warning = createOutageWarning('redis', () => false)

    warning.warnOfLoss(0)
    warning.warnOfLoss(3)

    expect(messages()).toBe('The store (redis) gave no answer in time. Records that were not delivered: 3')
  })
})
