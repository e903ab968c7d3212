import { describe, expect, it } from 'vitest'
import { describeException, recordErrorAs } from '../src/recording/describe-exception.js'

class StoreError extends Error {}

class NamedError extends Error {
  override name = 'GivenName'
}

function programCode(): never {
  throw new Error('code of the program failed')
}

function hiddenError(secret: string): Error {
  const error = new StoreError(`duplicate entry "${secret}"`)
  recordErrorAs(error, new Error('duplicate entry "?"'))
  return error
}

function wrapTimes(error: Error, times: number): Error {
  let outer = error
  for (let time = 0; time < times; time++) outer = new Error(error.message, { cause: outer })
  return outer
}

describe('an exception', () => {
  it.each([
    ['a built-in error', new TypeError('no'), { etype: 'TypeError', message: 'no' }],
    ['an error whose class the program defines', new StoreError('gone'), { etype: 'StoreError', message: 'gone' }],
    ['an error whose class sets the name', new NamedError('x'), { etype: 'NamedError', message: 'x' }],
    [
      'an error whose name the program sets',
      Object.assign(new Error('x'), { name: 'AbortError' }),
      { etype: 'AbortError', message: 'x' },
    ],
    ['a DOMException', new DOMException('stop', 'AbortError'), { etype: 'AbortError', message: 'stop' }],
    ['an object that looks like an error', { name: 'Odd', message: 'x' }, { etype: 'Odd', message: 'x' }],
    ['an object', {}, { etype: 'Error', message: '' }],
    ['a string', 'failed', { etype: 'string', message: 'failed' }],
    ['a number', 42, { etype: 'number', message: '42' }],
    ['undefined', undefined, { etype: 'undefined', message: 'undefined' }],
    ['null', null, { etype: 'object', message: 'null' }],
    ['a symbol', Symbol('s'), { etype: 'symbol', message: 'Symbol(s)' }],
  ])('is described by class and message: %s', (_, error, described) => {
    expect(describeException(error)).toEqual(described)
  })

  it.each([
    ['a message getter that throws', Object.defineProperty(new Error(), 'message', { get: programCode })],
    ['a constructor getter that throws', Object.defineProperty(new Error('x'), 'constructor', { get: programCode })],
    ['a name getter that throws', Object.defineProperty(new Error('x'), 'name', { get: programCode })],
    [
      'a proxy whose traps all throw',
      new Proxy({}, Object.fromEntries(Reflect.ownKeys(Reflect).map(trap => [trap, programCode]))),
    ],
    [
      'a class whose name is not a string',
      new (class extends Error {
        static override readonly name = Symbol('odd') as never
      })(),
    ],
    ['an object without a prototype', Object.create(null)],
  ])('is described without throwing: %s', (_, error) => {
    expect(describeException(error)).toEqual({ etype: 'Error', message: expect.any(String) })
  })

  it('is described as the error that was passed to recordErrorAs() for it', () => {
    const error = new StoreError('duplicate entry "alice@example.com"')
    const shown = Object.assign(new Error('duplicate entry "?"'), { name: 'StoreError' })

    recordErrorAs(error, shown)

    expect(describeException(error)).toEqual({ etype: 'StoreError', message: 'duplicate entry "?"' })
    expect(error.message).toContain('alice')
  })

  it.each(['cause', 'original', 'driverError', 'nativeError', 'jse_cause'])(
    'does not repeat the hidden message of the error in its "%s" member',
    name => {
      const inner = new StoreError('duplicate entry "alice@example.com"')
      recordErrorAs(inner, new Error('duplicate entry "?"'))
      const outer = Object.assign(new NamedError(`Not saved: ${inner.message}`), { [name]: inner })

      const described = describeException(outer)

      expect(described).toEqual({ etype: 'NamedError', message: 'Not saved: duplicate entry "?"' })
    },
  )

  it('is described with the message of its cause if its own message contains the parameters of a query', () => {
    const cause = new StoreError('not a number: "alice@example.com"')
    recordErrorAs(cause, new Error('not a number: "?"'))
    const params = ['alice@example.com']
    const error = Object.assign(new Error(`Failed query: SELECT $1::int\nparams: ${params}`, { cause }), { params })

    expect(describeException(error)).toEqual({ etype: 'Error', message: 'not a number: "?"' })
  })

  it('does not repeat the hidden message of an error that was wrapped twice', () => {
    const inner = hiddenError('alice@example.com')
    const mid = Object.assign(new Error(inner.message), { original: inner })
    const outer = new Error(`Not saved: ${mid.message}`, { cause: mid })

    expect(describeException(outer)).toEqual({ etype: 'Error', message: 'Not saved: duplicate entry "?"' })
  })

  it('does not repeat the hidden messages of several errors', () => {
    const [alice, bob] = [hiddenError('alice'), hiddenError('bob')]
    const errors = ['text', undefined, new Error(`First: ${alice.message}`, { cause: alice }), bob]
    const all = new AggregateError(errors, `${errors[2]}; ${bob.message}`)
    const outer = new Error(`Not saved: ${all.message}`, { cause: all })

    const described = describeException(outer)

    expect(described.message).toBe('Not saved: Error: First: duplicate entry "?"; duplicate entry "?"')
  })

  it('hides a long message completely if it contains the message of another wrapped error', () => {
    const cause = new Error('"alice"')
    recordErrorAs(cause, new Error('"?"'))
    const error = new Error('"alice" is taken by "bob"', { cause })
    recordErrorAs(error, new Error('"?" is taken by "?"'))

    expect(describeException(new Error(`No: ${error.message}`, { cause: error })).message).toBe(
      'No: "?" is taken by "?"',
    )
  })

  it.each([
    ['another error of the query', 'not a number: "alice@example.com"'],
    ['an error without a message', ''],
  ])('does not repeat the parameters of a failed query if its error was wrapped twice and caused by %s', (_, text) => {
    const cause = new StoreError(text)
    recordErrorAs(cause, new Error('not shown'))
    const params = ['alice@example.com']
    const query = Object.assign(new Error(`Failed query: SELECT $1::int\nparams: ${params}`, { cause }), { params })
    const outer = new Error(`Not saved: ${query.message}`, { cause: query })
    const all = new AggregateError([cause, query], `Both: ${cause.message}; ${query.message}`)

    expect(describeException(outer).message).toBe('Not saved: not shown')
    expect(describeException(all).message).toBe(`Both: ${text && 'not shown'}; not shown`)
  })

  it('is described even if errors wrap each other', () => {
    const inner = hiddenError('alice')
    const mid = new Error(`First: ${inner.message}`, { cause: inner })
    const outer = new AggregateError([mid, mid], `Then: ${mid.message}`)
    inner.cause = outer

    expect(describeException(outer).message).toBe('Then: First: duplicate entry "?"')
    expect(describeException(mid).message).toBe('First: duplicate entry "?"')
  })

  it('has no message if too many errors are wrapped', () => {
    const chain = wrapTimes(hiddenError('alice'), 100_000)
    const list = new AggregateError([...Array(200), hiddenError('alice')], 'duplicate entry "alice"')
    const sparse = new AggregateError([], 'duplicate entry "alice"')
    sparse.errors.length = 2 ** 32 - 1

    for (const error of [chain, list, sparse]) {
      expect(describeException(error)).toEqual({ etype: expect.stringMatching(/Error$/), message: '' })
    }
    expect(describeException(wrapTimes(hiddenError('alice'), 90)).message).toBe('duplicate entry "?"')
  })

  it('is described without running getters or proxy traps of wrapped errors', () => {
    const trapped = new Proxy([], Object.fromEntries(Reflect.ownKeys(Reflect).map(trap => [trap, programCode])))
    const child = Object.create(trapped)
    const get = { get: programCode, enumerable: true }
    const members = { cause: get, original: get, driverError: get, errors: get }
    const errors = Object.defineProperty([child], 1, get)

    for (const wrapped of [
      { cause: trapped },
      { errors: trapped },
      { errors },
      { cause: child },
      { cause: Object.create(DOMException.prototype) },
      { cause: Object.defineProperties({}, members) },
    ]) {
      expect(describeException(Object.assign(new Error('outer'), wrapped)).message).toBe('outer')
    }
    expect(describeException(Object.defineProperties(new Error('outer'), members)).message).toBe('outer')
  })

  it('has a bounded, well-formed message without the password of a URL', () => {
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
