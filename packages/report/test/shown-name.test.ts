import { recordedNames, shownName } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'

describe('the name of a point', () => {
  it('is a request for people where it is wsgi on the wire', () => {
    expect(['wsgi', 'db', 'request'].map(shownName)).toEqual(['request', 'db', 'request'])
  })

  it('may stand for two on the wire', () => {
    expect([recordedNames('request'), recordedNames('db')]).toEqual([['wsgi', 'request'], ['db']])
  })
})
