import { recordedNames, shownName } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'

describe('the name of a point', () => {
  it('is shown as "request" if it is wsgi on the wire', () => {
    expect(['wsgi', 'db', 'request'].map(shownName)).toEqual(['request', 'db', 'request'])
  })

  it('may stand for two names on the wire', () => {
    expect([recordedNames('request'), recordedNames('db')]).toEqual([['wsgi', 'request'], ['db']])
  })
})
