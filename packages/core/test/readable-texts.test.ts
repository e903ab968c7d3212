import { describe, expect, it } from 'vitest'
import { recordableInfo } from '../src/recordable.js'
import { READABLE_NAMES, READABLE_TEXTS } from './fixtures/readable-examples.js'

describe('what is no secret', () => {
  it('has a hundred names, or more', () => {
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
})
