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
  it('accepts options that are missing, undefined or of the right type', () => {
    const options = { enabled: false, name: '', onRefused: () => {}, maxAge: 0, maxRecords: 0.5, limits: {} }

    expect(() => check({})).not.toThrow()
    expect(() => check({ ...options, hmacKeys: null })).not.toThrow()
    expect(() => check({ enabled: undefined, maxRecords: undefined })).not.toThrow()
  })

  it.each([
    [{ enable: true }, 'setup() has no option "enable". Known: enabled, name, onRefused'],
    [{ enabled: 'yes' }, 'enabled must be of type boolean, not string'],
    [{ name: null }, 'name must be of type string, not null'],
    [{ onRefused: {} }, 'onRefused must be of type function, not object'],
    [{ maxAge: '5' }, 'maxAge must be of type number, not string'],
    [{ maxAge: -1 }, 'maxAge must not be negative or NaN'],
    [{ maxAge: Number.NaN }, 'maxAge must not be negative or NaN'],
    [{ maxRecords: 0 }, 'maxRecords must be a number above 0, not 0'],
    [{ maxRecords: '7' }, 'maxRecords must be a number above 0, not string'],
    [{ limits: 1 }, 'limits must be of type object, not number'],
    [null, 'setup() takes its options as an object'],
    [[], 'setup() takes its options as an object'],
    ['KEY', 'setup() takes its options as an object'],
  ])('refuses %j, and says what is wrong', (options, message) => {
    expect(() => check(options)).toThrow(TypeError)
    expect(() => check(options)).toThrow(message)
  })

  it('shortens a long unknown name in the message', () => {
    expect(() => check({ ['x'.repeat(1_000)]: 1 })).toThrow(/^.{1,200}$/s)
  })
})
