import { bind, get, run } from '@osprofiler/core'
import { expect, it } from 'vitest'

it('a bound function runs in the context in which bind() was called, with the `this` and arguments of each call', () => {
  const seen: unknown[] = []
  function look(this: unknown, ...args: unknown[]): void {
    seen.push([get()?.baseId, this, ...args])
  }
  const self = {}

  const bound = run({ hmacKey: 'KEY', baseId: 'bound' }, () => bind(look))
  run({ hmacKey: 'KEY', baseId: 'other' }, () => Reflect.apply(bound, self, [1, 2]))

  expect(seen).toEqual([['bound', self, 1, 2]])
  expect(bound.name).toBe('look')
})
