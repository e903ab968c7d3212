import { describe, expect, it } from 'vitest'
import { writeJson, writeNestedJson } from '../src/json/write-json.js'

describe('writeJson', () => {
  it('writes only ASCII', () => {
    expect(writeJson({ a: 'ü€😀\u007f' }, 0)).toBe('{"a":"\\u00fc\\u20ac\\ud83d\\ude00\\u007f"}')
  })

  it('indents by two spaces', () => {
    const value = { a: [1, { b: null }], c: {} }

    expect(writeJson(value, 2)).toBe(JSON.stringify(value, null, 2))
  })

  it.each([{ a: [1, { b: 2 }] }, [], {}, 'text', 7])('writes a nested value as JSON.stringify would: %j', value => {
    const text = JSON.stringify({ x: { y: value } }, null, 2)

    expect(text).toContain(`"y": ${writeNestedJson(value, 2)}\n`)
  })
})
