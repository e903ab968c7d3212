import { expect, it } from 'vitest'
import { setMember } from '../src/json/set-member.js'

it('setMember() sets a member with any name, and does not change the prototype', () => {
  const object: Record<string, unknown> = {}

  for (const name of ['a', '__proto__', 'toString']) setMember(object, name, 1)

  expect(Object.keys(object)).toEqual(['a', '__proto__', 'toString'])
  expect(Object.getPrototypeOf(object)).toBe(Object.prototype)
  expect(JSON.stringify(object)).toBe('{"a":1,"__proto__":1,"toString":1}')
})
