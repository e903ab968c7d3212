import { describe, expect, it } from 'vitest'
import { hideValuesInMessage } from '../src/sql/text/sql-message.js'
import { redactStatement } from '../src/sql/text/sql-text.js'
import { redactMongodbError } from '../src/stores/mongodb/mongodb-statement.js'
import { redactRedisError } from '../src/stores/redis/redis-statement.js'

const statement = redactStatement('INSERT INTO t (a) VALUES ($1)', 'postgresql')
const messageOf = (error: unknown) => (error as Error).message

describe('a database error message', () => {
  it.each([
    ['a nested member', [{ a: { b: { c: 'SEALED' } } }], 'SEALED'],
    ['a list in a list', [[[['SEALED']]]], 'SEALED'],
    ['an object in a list in an object', { rows: [{ a: [{ b: 'SEALED' }] }] }, 'SEALED'],
    ['a number in an object', [{ a: { pin: 424242 } }], '424242'],
    ['a BigInt', [{ a: 424242n }], '424242'],
    ['a buffer, as text', [{ a: Buffer.from('SEALED') }], 'SEALED'],
    ['a buffer, in the hex form of PostgreSQL', [Buffer.from('SEALED')], '5345414c4544'],
    ['a map', [new Map([['a', { b: 'SEALED' }]])], 'SEALED'],
    ['a set', [new Set(['SEALED'])], 'SEALED'],
    [
      'an instance of a class',
      [
        new (class Row {
          a = 'SEALED'
        })(),
      ],
      'SEALED',
    ],
    ['a member name that is data', [{ 'SEALED@example.com': 1 }], 'SEALED@example.com'],
    ['a date', [{ a: new Date('2001-02-03T04:05:06.789Z') }], '2001-02-03 04:05:06'],
  ])('contains no parameter value: %s', (_, params, repeated) => {
    const shown = hideValuesInMessage(new Error(`bad value ${repeated} in json`), statement, params)

    expect(messageOf(shown)).toBe('bad value ? in json')
  })

  it('contains no value that JSON writes with escapes', () => {
    const shown = hideValuesInMessage(new Error('near {"a": "it\\"s SEALED"}'), statement, [{ a: 'it"s SEALED' }])

    expect(messageOf(shown)).not.toContain('SEALED')
  })

  it('contains no part of a parameter that begins with another parameter', () => {
    const shown = hideValuesInMessage(new Error('bad SEALED-AND-MORE'), statement, ['SEALED', 'SEALED-AND-MORE'])

    expect(messageOf(shown)).toBe('bad ?')
  })

  it('is redacted without running a getter of a parameter, even if a parameter is circular', () => {
    const params: Record<string, unknown> = Object.defineProperty({ a: 'SEALED' }, 'b', {
      enumerable: true,
      get: () => {
        throw new Error('code of the program was run')
      },
    })
    params.self = params

    expect(messageOf(hideValuesInMessage(new Error('bad SEALED'), statement, params))).toBe('bad ?')
  })

  it('contains no nested argument of a Redis command', () => {
    const commands = [{ name: 'MSET', args: [['a', { b: 'SEALED' }]] }]

    expect(messageOf(redactRedisError(new Error('ERR bad SEALED'), commands, false))).toBe('ERR bad ?')
  })

  it('is read in linear time even if it contains a hundred thousand braces', () => {
    const shown = redactMongodbError(new Error(`dup key: ${'{'.repeat(100_000)}`), false)

    // In quadratic time, the test would take minutes.
    expect(messageOf(shown)).toHaveLength(100_009)
  })
})
