import { parseJson } from '@osprofiler/core/json'
import { describe, expect, it } from 'vitest'
import { isContainer, isMembers, readField, readNumber, readText } from '../src/tree/read-field.js'

describe('a field of what any program may have written', () => {
  it('is found by its path', () => {
    expect(readField({ info: { request: { path: '/' } } }, 'info', 'request', 'path')).toBe('/')
  })

  it.each([undefined, null, 7, 'text', [], {}, { info: null }, { info: 'x' }])('is nothing in %o', value => {
    expect(readField(value, 'info', 'request')).toBeUndefined()
  })

  it('is never inherited', () => {
    expect([readField({}, '__proto__'), readField({}, 'toString'), readField('text', 'length')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('counts as a text, or as a number, only where it is one', () => {
    const record = { text: 'x', empty: '', number: 7 }

    expect(['text', 'empty', 'number'].map(name => readText(record, name))).toEqual(['x', undefined, undefined])
    expect(['text', 'empty', 'number'].map(name => readNumber(record, name))).toEqual([undefined, undefined, 7])
  })

  it('has members, or elements, or neither', () => {
    const values = [{}, [], parseJson('9007199254740993'), null, 'text']

    expect(values.map(isContainer)).toEqual([true, true, false, false, false])
    expect(values.map(isMembers)).toEqual([true, false, false, false, false])
  })
})
