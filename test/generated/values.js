import { THINGS } from './things.js'

/** Returns the source text of a value that is passed, returned or thrown. */
export function pickThing({ below }) {
  return `T(${below(THINGS.length)})`
}

const LONG_PAUSE_ONE_IN = 1_000

// Before Node 24, Node throws for a promise that was frozen before the process first used an `AsyncLocalStorage`.
const FREEZES_PROMISES = Number.parseInt(process.versions.node, 10) >= 24

/** Returns the source text of a promise that waits for a microtask, a tick or a turn. */
export function pause({ one, below }) {
  // The long pause is rare, because it takes longer than the rest of a program.
  if (below(LONG_PAUSE_ONE_IN) === LONG_PAUSE_ONE_IN - 1) return 'later.long()'
  return one(() => `later.microtasks(${below(6)})`, 'later.tick()', 'later.immediate()', 'undefined')
}

/** Returns the source text of any promise or promise-like value that a function may return. */
export function promise(choices, depth = 0) {
  const { one, below, some } = choices
  const value = () => pickThing(choices)
  const inner = () => (depth < 2 ? promise(choices, depth + 1) : `Promise.reject(${value()})`)
  const settles = () => one('ok', 'no')
  // A promise refers only to more deeply nested promises, so that no promise waits for itself.
  const remembered = made => `memo('${depth} ${below(2)}', () => ${made})`
  return one(
    () => `Promise.resolve(${value()})`,
    () => `Promise.reject(${value()})`,
    () => `(async () => { await ${pause(choices)}; return ${value()} })()`,
    () => `(async () => { await ${pause(choices)}; throw ${value()} })()`,
    () => `(async () => { throw ${value()} })()`,
    () => `(async () => ${inner()})()`,
    () => `(async () => { try { await ${inner()} } finally { log('finally') } })()`,
    () => `new Promise((ok, no) => { later.microtasks(${below(5)}).then(() => ${settles()}(${value()})) })`,
    () => `new Promise((ok, no) => { process.nextTick(${settles()}, ${value()}) })`,
    () => `new Promise((ok, no) => { setImmediate(${settles()}, ${value()}) })`,
    () => `new Promise(() => { throw ${value()} })`,
    () => `new Promise(ok => ok(${inner()}))`,
    () =>
      `new Promise(ok => later.tick().then(() => { try { ok(${inner()}) } catch (error) { leaveOpen(); throw error } }))`,
    () => `handled(${inner()})`,
    () => `handled(Promise.reject(${value()}))`,
    () => `handled((async () => { await ${pause(choices)}; throw ${value()} })())`,
    () => remembered(inner()),
    () => remembered(`handled(${inner()})`),
    () => `Promise.${one('all', 'any', 'allSettled')}([${some(0, 3, inner)}])`,
    () => `Promise.race([${some(1, 3, inner)}])`,
    () => `${inner()}.then(value => { log('inner then', value); return ${inner()} })`,
    () => `${inner()}.catch(() => { throw ${value()} })`,
    () => `${inner()}.finally(() => ${inner()})`,
    () => `${derivedClass(choices)}.${one('resolve', 'reject')}(${value()})`,
    () => `new ${derivedClass(choices)}((ok, no) => { later.tick().then(() => ${settles()}(${value()})) })`,
    () => `new Lazy((ok, no) => setImmediate(${settles()}, ${value()}), () => log('begun'))`,
    () => `Object.assign(${inner()}, { extra: ${value()} })`,
    () =>
      `Object.assign(${inner()}, { then(...all) { log('own then'); return Promise.prototype.then.apply(this, all) } })`,
    () => `Object.assign(${inner()}, { then: undefined, catch: 1 })`,
    FREEZES_PROMISES ? () => `Object.freeze(${inner()})` : () => inner(),
    () => `Object.defineProperty(${inner()}, 'constructor', { get() { log('constructor'); return Own } })`,
    () => `Object.setPrototypeOf(${inner()}, ${one('null', 'Own.prototype', '{ then: 1 }')})`,
    () => `foreign.${one('resolve', 'reject')}(${value()})`,
    () => `foreign.call(async () => { await ${pause(choices)}; ${one('return', 'throw')} ${value()} })`,
    () => `thenable('${one('resolves', 'rejects', 'throws', 'stays')}', ${value()})`,
    'never()',
    () => value(),
  )
}

function derivedClass({ one }) {
  return one('Own', 'Species', 'Picky')
}

/**
 * Returns the source text of a function that uses a call's result, or an empty string. There are many ways to use a
 * promise, because some differences appear only with one of them.
 */
export function use(choices) {
  const { one, some } = choices
  const handlers = () =>
    one(
      `value => log('value', value), error => log('error', error)`,
      `undefined, error => log('error', error)`,
      `value => log('value', value)`,
      '',
      `value => { throw value }, error => { throw error }`,
      'null, 1',
    )
  const wait = `try { log('awaited', await result) } catch (error) { log('caught', error) }`
  return one(
    '',
    `async result => { ${wait} }`,
    () => `async result => { await ${pause(choices)}; ${wait} }`,
    () => `async result => { ${wait} ${wait} await ${pause(choices)}; ${wait} }`,
    `async result => { log('awaited', await result) }`,
    `async result => result`,
    () => `result => { result.then(${handlers()}) }`,
    () => `result => { result.then(${handlers()}).then(${handlers()}); result.then(${handlers()}) }`,
    () => `result => { result.catch(error => log('error', error)); setImmediate(() => result.then(${handlers()})) }`,
    () => `result => { setImmediate(() => result.then(${handlers()})) }`,
    () => `result => { process.nextTick(() => result.then(${handlers()})) }`,
    () => `async result => { await ${pause(choices)}; result.then(${handlers()}) }`,
    () => `async result => { await later.immediate(); await later.immediate(); result.then(${handlers()}) }`,
    `result => { result.finally(() => log('finally')) }`,
    `result => { log('of', Promise.resolve(result) === result, result.constructor, result instanceof Promise) }`,
    `result => { log('is', Object.getPrototypeOf(result), isPromise(result) && Object.getOwnPropertyNames(result).join(), Object.isFrozen(result)) }`,
    () =>
      `async result => { log('all', await Promise.${one('all', 'race', 'any')}([${some(1, 3, () => one('result', '1', 'later.immediate()'))}])) }`,
    `async result => { for (const each of await Promise.allSettled([result, result])) log(each.status, each.value, each.reason) }`,
    `async result => { for await (const each of [result, 1]) log('each', each) }`,
    () => `result => { Promise.prototype.then.call(result, ${handlers()}) }`,
    `result => { Promise.reject(result).catch(same => log('same', same === result)) }`,
    `result => { new Own(ok => ok(result)).then(value => log('through Own', value)) }`,
    `result => { queueMicrotask(() => result.catch(error => log('error', error))) }`,
    () => `trace('use', async result => { await ${pause(choices)}; ${wait} })`,
    `result => block('use', () => result)`,
    `result => { block('use', async () => { ${wait} }) }`,
  )
}
