import { pause, pickThing, promise, use } from './values.js'

/** Returns the source text of a generator's body. */
function steps(choices, asynchronous, inner) {
  const { one, some, below } = choices
  const value = () =>
    asynchronous
      ? one(
          () => pickThing(choices),
          () => promise(choices, 1),
        )
      : pickThing(choices)
  return some(0, 4, () =>
    one(
      () => `log('sent', yield ${value()})`,
      () => `yield ${value()}`,
      () => `try { yield ${value()} } finally { log('left') }`,
      () => `try { yield ${value()} } catch (error) { log('thrown in', error); yield 'recovered' }`,
      () => `try { yield 1 } finally { ${one('yield 2', 'return 3', `throw ${pickThing(choices)}`)} }`,
      () => `for (let i = 0; i < ${below(4)}; i++) yield i`,
      () =>
        `yield* ${one('[1, 2]', "'ab'", '(function* () { try { yield 1; return 2 } finally { log("inner left") } })()')}`,
      () => `yield* ${inner}`,
      () => `log('delegated', yield* ${inner})`,
      () => `yield block('part', () => ${pickThing(choices)})`,
      () => `log('itself', this === undefined, attempt(() => it.next()))`,
      () =>
        asynchronous
          ? `await ${one(
              () => pause(choices),
              () => promise(choices, 1),
            )}`
          : `log('step')`,
      () => `return ${value()}`,
      () => `throw ${pickThing(choices)}`,
    ),
  ).join('; ')
}

/** Returns source text that uses the generators that `f` creates. Chooses one of many ways. */
function iteration(choices) {
  const { one, some, below } = choices
  const move = () =>
    one(
      'it.next()',
      () => `it.next(${pickThing(choices)})`,
      () => `it.return(${pickThing(choices)})`,
      () => `it.throw(${pickThing(choices)})`,
      `it[Symbol.${one('iterator', 'asyncIterator')}]() === it`,
    )
  return one(
    () => `it = f(); ${some(1, 5, () => `attempt(() => step(${move()}), ${use(choices) || 'undefined'})`).join('; ')}`,
    () =>
      `(async () => { const it = f(); ${some(1, 5, () => `try { step(await ${move()}) } catch (error) { log('failed', error) }`).join('; ')} })()`,
    () =>
      `(async () => { const it = f(); log('all', ...(await Promise.allSettled([${some(1, 4, move)}])).map(each => each.status)) })()`,
    () => `attempt(() => { for (const each of f()) { log('each', each)${one('', '; break', '; throw 1')} } })`,
    () =>
      `(async () => { for await (const each of f()) { log('each', each); ${one('', 'break', 'await 1', `await ${pause(choices)}`)} } })()`,
    `attempt(() => log('spread', ...f()))`,
    `attempt(() => { const [a, b = 2, ...rest] = f(); log('taken', a, b, ...rest) })`,
    `attempt(() => { const [a] = f(); log('taken', a) })`,
    `attempt(() => log('array', Array.from(f(), each => each).length))`,
    `attempt(() => { for (const each of (function* () { log('result', yield* f()) })()) log('each', each) })`,
    `(async () => { for await (const each of (async function* () { log('result', yield* f()) })()) log('each', each) })()`,
    `looks(f())`,
    `attempt(() => { const it = f(); Object.freeze(it); step(it.next()) })`,
    `attempt(() => { const it = Object.assign(f(), { own: 1 }); step(it.next()); log('own', it.own, Object.keys(it).join()) })`,
    `attempt(() => { const it = f(); const { next } = it; step(next.call(it)) })`,
    `attempt(() => f.prototype.next.call(f()).value)`,
    `attempt(() => new f())`,
    `attempt(() => step(f().extra?.()))`,
    () =>
      `attempt(() => log('helped', ...(f().map?.(each => { log('mapped', each); return 1 }).take(${below(3)}).toArray() ?? [])))`,
    () =>
      `pipeline(Readable.from(f()), new Writable({ objectMode: true, write(each, _, done) { log('written', each); done() } })).then(() => log('piped'), error => log('not piped', error))`,
    () =>
      `(async () => { for await (const each of Readable.from(f()${one('', ', { highWaterMark: 1 }')})) { log('read', each)${one('', '; break')} } })().catch(error => log('failed', error))`,
    `new Map(f())`,
    `Promise.all(f()).then(all => log('all', ...all), error => log('failed', error))`,
  )
}

/** Generates a program about synchronous or asynchronous generators and how their objects are used. */
export function generatorProgram(choices) {
  const { one, below, some } = choices
  const asynchronous = below(2) === 1
  const head = asynchronous ? 'async function*' : 'function*'
  const way = one('trace', 'twice', 'field')
  const inner = one(
    `function* g() { yield 'g'; return 'done' }`,
    () => `${head} g() { ${steps(choices, asynchronous, "'cd'")} }`,
  )
  return `let it
const step = result => { if (isPromise(result)) return result; log('step', Object.keys(Object(result)).join(), result?.done, result?.value) ; return result }
const looks = it => log('looks', Object.getPrototypeOf(it) === f.prototype, it instanceof f, Object.keys(it).join(), JSON.stringify(it), String(it), Object.prototype.toString.call(it), JSON.stringify({ ...it }), it.constructor, it.extra)
let g = ${inner}
${one('', "g = trace('g', g)")}
const original = ${head} f() { ${steps(choices, asynchronous, 'g()')} }
${one('', 'original.prototype.extra = function () { return this }', 'original.prototype = null')}
const f = ${way}('f', original, ${below(4)})
enter(() => {
  ${some(1, 3, () =>
    one(
      () => `attempt(() => { ${iteration(choices)} })`,
      () => iteration(choices),
    ),
  ).join('\n  ')}
})`
}
