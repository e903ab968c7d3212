import { bind, get, run } from '@osprofiler/core'
import { expect, it } from 'vitest'

it('runs a function in the context of bind(), with the `this` and the arguments of the call', () => {
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
