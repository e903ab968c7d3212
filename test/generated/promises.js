import { pause, pickThing, promise, use } from './values.js'

/**
 * Generates a program about promises of every type, which traced code returns and the program uses in every possible
 * way.
 */
export function promiseProgram(choices) {
  const { one, some, below } = choices
  const handler = () => one(asynchronous, asynchronous, ordinary)
  const ordinary = () =>
    one(
      () => `function f() { return ${promise(choices)} }`,
      () =>
        `function f() { const promise = ${promise(choices)}; ${one('g', 'block.bind(null, "part", () => promise)')}(); return promise }`,
    )
  const asynchronous = () =>
    one(
      () =>
        `async function f() { ${some(
          0,
          3,
          () =>
            `await ${one(
              () => promise(choices, 1),
              () => pause(choices),
              () => pickThing(choices),
            )}`,
        ).join('; ')}; ${one('return', 'throw')} ${pickThing(choices)} }`,
      () => `async function f() { return ${one('g', 'block.bind(null, "h", g)')}() }`,
      () =>
        `async function f(left = ${below(40)}) { await null; if (left > 0) return f(left - 1); ${one('return', 'throw')} ${pickThing(choices)} }`,
      () => `async function f() { try { return await g() } catch (error) { log('passed on', error); throw error } }`,
    )
  // The program awaits this promise immediately. Its failure must be recorded with the reason.
  const awaited = () =>
    `attempt(() => trace('awaited', ${asynchronous()})(), async result => { try { await result } catch (error) { failed(error) } })`
  const call = () =>
    one(
      'f()',
      'f()',
      () => `block('block', () => f())`,
      () => `blockInfo('block', () => ${promise(choices)})`,
      () =>
        `block('block', async () => { ${one('await f()', 'f()', 'return f()')}; ${one('return', 'throw')} ${pickThing(choices)} })`,
      () => `runInside(() => ${one('f()', () => promise(choices))})`,
      () => `serveInside(() => ${one('f()', () => promise(choices))})`,
      () => `Promise.${one('all', 'race', 'any', 'allSettled')}([f(), f(), ${promise(choices)}])`,
      () => `store('S ', () => f())`,
      () => `f() === f()`,
    )
  const calls = () => some(1, 3, () => `attempt(() => ${call()}, ${use(choices) || 'undefined'})`).join('\n  ')
  return `const g = trace('g', function g() { return ${promise(choices)} })
const f = ${one('trace', 'twice', 'field')}('f', ${handler()}, ${below(4)})
attempt(() => ${one('enter', 'serveEnter')}(${one('', 'async ')}() => {
  ${one('', awaited, awaited)}
  ${calls()}
  ${one(
    '',
    () => `return ${promise(choices)}`,
    () => `throw ${pickThing(choices)}`,
    () => `return f()`,
  )}
}), ${use(choices) || 'undefined'})
${one('', calls)}`
}
