import { expect, it } from 'vitest'
import { AttributeList } from '../src/record/span-attributes.js'

it('an attribute list omits null and undefined values', () => {
  const list = new AttributeList()

  list.set('a', 1)
  list.set('b', null)
  list.set('c', undefined)

  expect(list.values).toEqual({ a: 1 })
  expect(list.dropped).toBe(0)
})

it('an attribute list counts the attributes that do not fit, and adds later attributes that fit', () => {
  const list = new AttributeList()
  for (let index = 0; index < 10; index++) list.set(`text${index}`, 'x'.repeat(19_000))

  list.set('small', 1)
  list.drop(2)

  expect(Object.keys(list.values)).toEqual(['text0', 'text1', 'text2', 'text3', 'text4', 'text5', 'small'])
  expect(list.dropped).toBe(6)
  expect(list.characters).toBeLessThanOrEqual(120_000)
})
