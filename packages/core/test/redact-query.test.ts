import { redactQuery } from '@osprofiler/core/toolkit'
import { describe, expect, it } from 'vitest'

describe('redactQuery', () => {
  it.each([
    ['page=2&access_token=SEALED', 'page=2&access_token=***'],
    ['access%5Ftoken=SEALED', 'access%5Ftoken=***'],
    ['password=SEALED=SEALED&a=b', 'password=***&a=b'],
    ['next=%2Fhome%3Ftoken%3DSEALED', `next=${encodeURIComponent('/home?token=***')}`],
    ['next=%2Fhome%3Fpage%3D2%26token%3DSEALED&a=b', `next=${encodeURIComponent('/home?page=2&token=***')}&a=b`],
    ['to=https%3A%2F%2Fbob%3ASEALED%40db%2F', `to=${encodeURIComponent('https://bob:***@db/')}`],
    [
      `a=${encodeURIComponent(`/b?c=${encodeURIComponent('/d?token=SEALED')}`)}`,
      `a=${encodeURIComponent(`/b?c=${encodeURIComponent('/d?token=***')}`)}`,
    ],
  ])('hides the secrets in %s', (query, redacted) => {
    expect(redactQuery(query)).toBe(redacted)
  })

  it.each([
    '',
    'page=2',
    'a&b=',
    '=x',
    'q=1%2B1%3D2',
    'mail=bob%40example.com',
    'q=%E0%A4%A',
    'q=%25253D',
    'passport=1',
  ])('leaves %s unchanged', query => {
    expect(redactQuery(query)).toBe(query)
  })

  it('accepts escaped bytes that are not UTF-8', () => {
    expect(redactQuery('a=\ud800%2Fb%3Ftoken%3DSEALED')).not.toContain('SEALED')
  })

  it('accepts a value that is escaped thousands of times', () => {
    const deep = `a=${'%25'.repeat(20_000)}3D${'%3D'.repeat(20_000)}`

    expect(redactQuery(deep)).toHaveLength(deep.length)
  })
})
