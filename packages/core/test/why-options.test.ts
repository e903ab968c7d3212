import { describe, expect, it } from 'vitest'
import { readWhyOption } from '../src/options/why-options.js'

const DEFAULTS = { level: 'waits', others: true, maxPauseMs: 250 }

describe('readWhyOption', () => {
  it.each([
    [undefined, DEFAULTS],
    ['off', { ...DEFAULTS, level: 'off' }],
    ['waits', DEFAULTS],
    ['cpu', { ...DEFAULTS, level: 'cpu' }],
    [{}, DEFAULTS],
    [{ level: undefined, others: undefined, maxPauseMs: undefined }, DEFAULTS],
    [{ level: 'cpu' }, { ...DEFAULTS, level: 'cpu' }],
    [{ others: false }, { ...DEFAULTS, others: false }],
    [{ maxPauseMs: 0 }, { ...DEFAULTS, maxPauseMs: 0 }],
    [
      { level: 'off', others: false, maxPauseMs: Number.POSITIVE_INFINITY },
      { level: 'off', others: false, maxPauseMs: Number.POSITIVE_INFINITY },
    ],
  ])('reads %j, and adds the defaults of missing values', (value, limits) => {
    expect(readWhyOption(value, 'why')).toEqual(limits)
  })

  it.each([
    ['', 'why must be off, waits or cpu, not ""'],
    ['CPU', 'why must be off, waits or cpu, not "CPU"'],
    ['constructor', 'why must be off, waits or cpu, not "constructor"'],
    ['line\nbreak', 'why must be off, waits or cpu, not "line\\nbreak"'],
    [null, 'why takes its options as an object'],
    [true, 'why takes its options as an object'],
    [['cpu'], 'why takes its options as an object'],
    [{ level: 'all' }, 'why.level must be off, waits or cpu, not "all"'],
    [{ level: 7 }, 'why.level must be of type string, not number'],
    [{ level: null }, 'why.level must be of type string, not null'],
    [{ others: 'no' }, 'why.others must be of type boolean, not string'],
    [{ maxPauseMs: '250' }, 'why.maxPauseMs must be of type number, not string'],
    [{ maxPauseMs: -1 }, 'why.maxPauseMs must not be negative or NaN'],
    [{ maxPauseMs: Number.NaN }, 'why.maxPauseMs must not be negative or NaN'],
    [{ maxPause: 1 }, 'why has no option "maxPause". Known: level, others, maxPauseMs.'],
  ])('refuses %j with a message that names the option', (value, message) => {
    expect(() => readWhyOption(value, 'why')).toThrow(new TypeError(message))
  })

  it('names the environment variable that contains a wrong level, and shows only its beginning', () => {
    expect(() => readWhyOption('x'.repeat(9_999), 'OSPROFILER_WHY')).toThrow(
      new TypeError(`OSPROFILER_WHY must be off, waits or cpu, not "${'x'.repeat(40)}"`),
    )
  })

  it('returns limits that later changes of the option do not affect', () => {
    const option = { level: 'cpu', maxPauseMs: 9 }
    const limits = readWhyOption(option, 'why')

    option.maxPauseMs = 5_000

    expect(limits).toEqual({ level: 'cpu', others: true, maxPauseMs: 9 })
  })
})
