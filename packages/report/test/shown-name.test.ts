import { recordedNames, shownName } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'

describe('the name of a point', () => {
  it('is shown as "request" if the recorded name is wsgi', () => {
    expect(['wsgi', 'db', 'request'].map(shownName)).toEqual(['request', 'db', 'request'])
  })

  it('may stand for two recorded names', () => {
    expect([recordedNames('request'), recordedNames('db')]).toEqual([['wsgi', 'request'], ['db']])
  })
})
