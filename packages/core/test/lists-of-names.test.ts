import { expect, it } from 'vitest'
import { isPlainName, isValueOfLabel, takesValue } from '../src/secrets/names/lists-of-names.js'

it.each<[readonly unknown[], boolean]>([
  [['--password', 'x'], true],
  [['X-Api-Key', 'a1'], true],
  [['id', 'password', 'created_at'], false],
  [['password', 'hunter2', 'user', 'bob'], true],
  [['password', true], false],
  [['password', 7], true],
])('isValueOfLabel() decides whether the entry after the name of a secret is its secret value: %j', (list, follows) => {
  expect(isValueOfLabel(list, list.indexOf('password') === 1 ? 2 : 1)).toBe(follows)
})

it('isPlainName() recognizes column names, and takesValue() recognizes labels that may have any value', () => {
  expect(['created_at', 'firstName', 'hunter2', 'x'.repeat(30)].map(isPlainName)).toEqual([true, true, false, false])
  expect(['--password', 'Authorization', 'password'].map(takesValue)).toEqual([true, true, false])
})
