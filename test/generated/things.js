/**
 * Values that a program passes as arguments, returns, rejects with or throws, created anew for each execution. They
 * include errors whose properties must not be read. If a value's code runs, it adds an entry with `log`.
 */
export const THINGS = [
  () => undefined,
  () => new Error('failed'),
  () => 'text',
  () => null,
  () => -0,
  () => 12n,
  () => Symbol.iterator,
  () => Object.freeze(new RangeError('frozen')),
  () => ({ nested: { list: [1, 2] } }),
  () => ['a', 'b'],
  () => Object.create(null),
  () => () => 'called',
  () => new AggregateError([new Error('one'), 2], 'several'),
  () => new DOMException('aborted', 'AbortError'),
  () => new Error('outer', { cause: new Error('inner') }),
  () => Object.assign(new Error('with members'), { code: 'E_CODE', password: 'secret' }),
  () => new Date(0),
  () => new Map([['k', 1]]),
  () => createRevokedProxy(),
  log => new Proxy({}, createReportingTraps(log)),
  log => new Proxy(new Error('behind a proxy'), createReportingTraps(log)),
  log => ({
    toString: createReporter(log, 'toString'),
    toJSON: createReporter(log, 'toJSON'),
    [Symbol.toPrimitive]: createReporter(log, 'primitive'),
  }),
  log => defineGetters(new Error('x'), log, ['name', 'message', 'stack', 'cause', 'constructor']),
  log => defineGetters({}, log, ['name', 'message', 'constructor', 'length', '0']),
  log => defineGetters({}, log, ['name', 'message', 'constructor'], new Error('from a getter')),
  log =>
    new (class Touchy extends Error {
      get message() {
        if (!isInspected()) log('message was read')
        return 'touchy'
      }
    })(),
]

function createReporter(log, what) {
  return () => {
    log(`${what} was called`)
    return what
  }
}

function createRevokedProxy() {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function createReportingTraps(log) {
  return new Proxy(
    {},
    {
      get: (_, trap) => {
        log(`trap ${String(trap)}`)
        return undefined
      },
    },
  )
}

function defineGetters(object, log, names, failure) {
  for (const name of names) {
    Object.defineProperty(object, name, {
      get() {
        if (!isInspected()) log(`getter ${name}`)
        if (failure !== undefined) throw failure
        return name
      },
    })
  }
  return object
}

/**
 * Returns whether `util.inspect` is reading the value. OSProfiler uses `util.inspect` to read the state of promises
 * that no code awaits, which the docs mention.
 */
function isInspected() {
  return new Error().stack.includes('node:internal/util/inspect')
}
