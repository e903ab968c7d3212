import { expect, it } from 'vitest'
import { findListLabels } from '../src/secrets/values/labels-in-lists.js'
import { redactedBy } from './fixtures/redacted-by.js'

it.each([
  ['["X-Api-Key","SEALED","Accept","x"]', '["X-Api-Key","***","Accept","x"]'],
  ['[\\"password\\", \\"hunter2\\"]', '[\\"password\\", \\"***\\"]'],
  ['["password", 1234]', '["password", ***]'],
  ['["id","password","created_at"]', '["id","password","created_at"]'],
  ['["name","hunter2"]', '["name","hunter2"]'],
])('findListLabels() finds the value that follows the name of a secret in a list: %s', (text, shown) => {
  expect(redactedBy(findListLabels, text)).toBe(shown)
})
