import { inspect } from 'node:util'
import { trace } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { recordableInfo } from '../src/recording/recordable.js'
import { READABLE_INFOS, READABLE_NAMES, READABLE_TEXTS } from './fixtures/readable-examples.js'
import { traceRecords } from './fixtures/trace-records.js'

describe('a string that is not a secret', () => {
  it('is tested under at least a hundred names', () => {
    expect(READABLE_NAMES.length).toBeGreaterThanOrEqual(100)
  })

  it.each(READABLE_NAMES)('stays readable under the name %s', name => {
    expect(recordableInfo({ [name]: 'shown', list: [name, 'shown'] })).toEqual({
      [name]: 'shown',
      list: [name, 'shown'],
    })
    expect(recordableInfo({ text: `${name}=shown; ${name}: shown` })).toEqual({ text: `${name}=shown; ${name}: shown` })
  })

  it.each(READABLE_TEXTS)('stays readable: %s', text => {
    expect(recordableInfo({ text })).toEqual({ text })
  })

  it.each(READABLE_INFOS.map(info => [inspect(info), info]))('stays readable in %s', (_, info) => {
    expect(recordableInfo(info)).toEqual(info)
  })

  it.each([
    ['countTokens', (text: string) => text],
    ['parseTokens', (text: string) => text],
    ['nextToken', (text: string) => text],
    ['requireAuth', (role: string) => role],
  ])('stays readable as an argument of %s', async (name, fn) => {
    const named = trace('a')(Object.defineProperty(fn, 'name', { value: name }))

    const records = await traceRecords(() => named('shown'))

    expect(records[0]?.info).toMatchObject({ function: { args: '["shown"]' } })
  })
})
