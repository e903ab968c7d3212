import { describe, expect, it } from 'vitest'
import { checkOptions, type OptionKinds } from '../src/options/check-options.js'

const KINDS: OptionKinds = {
  enabled: 'boolean',
  name: 'string',
  onRefused: 'function',
  maxAge: 'number',
  maxRecords: 'positive',
  limits: 'object',
  hmacKeys: 'any',
}

function check(options: unknown): void {
  checkOptions('setup()', options, KINDS)
}

describe('checkOptions', () => {
  it('takes options that are left out, undefined, or of their kind', () => {
    const options = { enabled: false, name: '', onRefused: () => {}, maxAge: 0, maxRecords: 0.5, limits: {} }

    expect(() => check({})).not.toThrow()
    expect(() => check({ ...options, hmacKeys: null })).not.toThrow()
    expect(() => check({ enabled: undefined, maxRecords: undefined })).not.toThrow()
  })

  it.each([
    [{ enable: true }, 'setup() has no option "enable". Known: enabled, name, onRefused'],
    [{ enabled: 'yes' }, 'enabled is a boolean, not string'],
    [{ name: null }, 'name is a string, not null'],
    [{ onRefused: {} }, 'onRefused is a function, not object'],
    [{ maxAge: '5' }, 'maxAge is a number, not string'],
    [{ maxAge: -1 }, 'maxAge is not negative, and not NaN'],
    [{ maxAge: Number.NaN }, 'maxAge is not negative, and not NaN'],
    [{ maxRecords: 0 }, 'maxRecords is a number above 0, not 0'],
    [{ maxRecords: '7' }, 'maxRecords is a number above 0, not string'],
    [{ limits: 1 }, 'limits is a object, not number'],
    [null, 'setup() takes its options as an object'],
    [[], 'setup() takes its options as an object'],
    ['KEY', 'setup() takes its options as an object'],
  ])('refuses %j, and says what is wrong', (options, message) => {
    expect(() => check(options)).toThrow(TypeError)
    expect(() => check(options)).toThrow(message)
  })

  it('shows little of a name that may be anything', () => {
    expect(() => check({ ['x'.repeat(1_000)]: 1 })).toThrow(/^.{1,200}$/s)
  })
})
