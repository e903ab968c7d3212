import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createAgingSet } from '../src/points/aging-set.js'

it('an aging set visits a member when the member has reached the given age', async () => {
  const looked: string[] = []
  const set = createAgingSet<string>(5, member => {
    set.delete(member)
    looked.push(member)
  })

  for (const member of ['a', 'gone', 'b']) set.add(member)
  set.delete('gone')

  expect(set.has('a')).toBe(true)
  await expect.poll(() => looked).toEqual(['a', 'b'])
  expect(set.has('a')).toBe(false)
})

it('an aging set visits all members at once when visitAll() is called', () => {
  const looked: string[] = []
  const set = createAgingSet<string>(60_000, member => {
    set.delete(member)
    looked.push(member)
  })
  for (const member of ['a', 'b']) set.add(member)

  set.visitAll()
  set.visitAll()

  expect(looked).toEqual(['a', 'b'])
})

it('an aging set visits a member again if the visit did not remove the member', async () => {
  let looks = 0
  const set = createAgingSet<string>(1, () => void looks++)

  set.add('stays')

  await expect.poll(() => looks).toBeGreaterThan(1)
  set.delete('stays')
  const before = looks
  await sleep(10)
  expect(looks).toBe(before)
})
