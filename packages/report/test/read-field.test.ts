import { parseJson } from '@osprofiler/core/json'
import { describe, expect, it } from 'vitest'
import { isContainer, isJsonObject, readField, readNumber, readText } from '../src/tree/read-field.js'

describe('readField', () => {
  it('follows a path of names', () => {
    expect(readField({ info: { request: { path: '/' } } }, 'info', 'request', 'path')).toBe('/')
  })

  it.each([undefined, null, 7, 'text', [], {}, { info: null }, { info: 'x' }])('returns undefined for %o', value => {
    expect(readField(value, 'info', 'request')).toBeUndefined()
  })

  it('ignores inherited properties', () => {
    expect([readField({}, '__proto__'), readField({}, 'toString'), readField('text', 'length')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('returns a string or a number only if the field has that type', () => {
    const record = { text: 'x', empty: '', number: 7 }

    expect(['text', 'empty', 'number'].map(name => readText(record, name))).toEqual(['x', undefined, undefined])
    expect(['text', 'empty', 'number'].map(name => readNumber(record, name))).toEqual([undefined, undefined, 7])
  })

  it('distinguishes objects, lists and other values', () => {
    const values = [{}, [], parseJson('9007199254740993'), null, 'text']

    expect(values.map(isContainer)).toEqual([true, true, false, false, false])
    expect(values.map(isJsonObject)).toEqual([true, false, false, false, false])
  })
})
