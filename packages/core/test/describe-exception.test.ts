import { describe, expect, it } from 'vitest'
import { describeException, recordErrorAs } from '../src/recording/describe-exception.js'

class StoreError extends Error {}

class NamedError extends Error {
  override name = 'GivenName'
}

function mine(): never {
  throw new Error('code of the program failed')
}

describe('an exception', () => {
  it.each([
    ['an error of the language', new TypeError('no'), { etype: 'TypeError', message: 'no' }],
    ['a class of the program', new StoreError('gone'), { etype: 'StoreError', message: 'gone' }],
    ['a class that names itself', new NamedError('x'), { etype: 'NamedError', message: 'x' }],
    [
      'an error with a name',
      Object.assign(new Error('x'), { name: 'AbortError' }),
      { etype: 'AbortError', message: 'x' },
    ],
    ['a DOMException', new DOMException('stop', 'AbortError'), { etype: 'AbortError', message: 'stop' }],
    ['an object that looks like an error', { name: 'Odd', message: 'x' }, { etype: 'Odd', message: 'x' }],
    ['an object', {}, { etype: 'Error', message: '' }],
    ['a text', 'failed', { etype: 'string', message: 'failed' }],
    ['a number', 42, { etype: 'number', message: '42' }],
    ['undefined', undefined, { etype: 'undefined', message: 'undefined' }],
    ['null', null, { etype: 'object', message: 'null' }],
    ['a symbol', Symbol('s'), { etype: 'symbol', message: 'Symbol(s)' }],
  ])('is named by its class and its message: %s', (_, error, described) => {
    expect(describeException(error)).toEqual(described)
  })

  it.each([
    ['a message that throws', Object.defineProperty(new Error(), 'message', { get: mine })],
    ['a constructor that throws', Object.defineProperty(new Error('x'), 'constructor', { get: mine })],
    ['a name that throws', Object.defineProperty(new Error('x'), 'name', { get: mine })],
    [
      'a proxy whose every trap throws',
      new Proxy({}, Object.fromEntries(Reflect.ownKeys(Reflect).map(trap => [trap, mine]))),
    ],
    [
      'a class whose name is no text',
      new (class extends Error {
        static override readonly name = Symbol('odd') as never
      })(),
    ],
    ['no prototype', Object.create(null)],
  ])('never fails to be described: %s', (_, error) => {
    expect(describeException(error)).toEqual({ etype: 'Error', message: expect.any(String) })
  })

  it('is described as another one once that is asked for', () => {
    const error = new StoreError('duplicate entry "alice@example.com"')
    const shown = Object.assign(new Error('duplicate entry "?"'), { name: 'StoreError' })

    recordErrorAs(error, shown)

    expect(describeException(error)).toEqual({ etype: 'StoreError', message: 'duplicate entry "?"' })
    expect(error.message).toContain('alice')
  })

  it.each(['cause', 'original', 'driverError'])('repeats nothing that is not shown of the error in its %s', name => {
    const inner = new StoreError('duplicate entry "alice@example.com"')
    recordErrorAs(inner, new Error('duplicate entry "?"'))
    const outer = Object.assign(new NamedError(`Not saved: ${inner.message}`), { [name]: inner })

    const described = describeException(outer)

    expect(described).toEqual({ etype: 'NamedError', message: 'Not saved: duplicate entry "?"' })
  })

  it('has the message that is shown of its cause where its own tells the parameters of a query', () => {
    const cause = new StoreError('not a number: "alice@example.com"')
    recordErrorAs(cause, new Error('not a number: "?"'))
    const params = ['alice@example.com']
    const error = Object.assign(new Error(`Failed query: SELECT $1::int\nparams: ${params}`, { cause }), { params })

    expect(describeException(error)).toEqual({ etype: 'Error', message: 'not a number: "?"' })
  })

  it('has a message that is bounded, can be encoded, and holds no password of a URL', () => {
    const long = describeException(
      new Error(`${'x'.repeat(1_980)} redis://:${'S3CRET'.repeat(99)}@h/ ${'y'.repeat(1e6)}`),
    )

    expect(long.message.length).toBeLessThanOrEqual(2_003)
    expect(long.message).not.toContain('S3CRET')
    expect(describeException(new Error('half \ud800')).message).toBe('half \ufffd')
    expect(describeException(new Error('no amqp://u:S3CRET@mq')).message).toBe('no amqp://u:***@mq')
    expect(describeException(Object.assign(new Error(''), { name: 'n'.repeat(1e6) })).etype.length).toBeLessThan(300)
  })
})
