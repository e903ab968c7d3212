import { pause, pickThing, promise, use } from './values.js'

const PARAMETERS = ['a, b', '', 'a', 'a = 1, b', '...a', '{ a } = {}', '[a] = []', 'password, { a = 2, ...b } = {}']

/** Returns the source text of a function's body: what the function logs about its call, and how it ends. */
function body(choices, { seesTarget = true, seesArguments = true, awaits = false, yields = false }) {
  const { one, maybe } = choices
  const end = () =>
    one(
      () => `return ${pickThing(choices)}`,
      () => `throw ${pickThing(choices)}`,
      () => `return ${promise(choices)}`,
      'return this',
      '',
      () => `return block('part', () => ${promise(choices)})`,
      () => `block('part', () => { log('in part'); ${one('return', 'throw')} ${pickThing(choices)} })`,
    )
  return [
    `log('this', typeof this, this)`,
    seesTarget && `log('target', new.target === undefined, new.target?.name)`,
    seesArguments && `log('arguments', arguments.length, arguments[0], arguments[1])`,
    awaits && `await ${pause(choices)}`,
    yields && one(`log('sent', yield 1)`, `yield* [1, 2]`, `try { yield 1 } finally { log('left') }`),
    maybe(() => `setImmediate(() => log('after', f === this))`),
    maybe(() => `depth < 3 && f(depth++)`),
    end(),
  ]
    .filter(Boolean)
    .join('; ')
}

/** Returns the source text of a function of any type. */
function ownFunction(choices) {
  const { one } = choices
  const parameters = () => one(...PARAMETERS)
  const make = (head, features, tail = '') => `${head(parameters())} { ${body(choices, features)} }${tail}`
  const arrow = { seesTarget: false, seesArguments: false }
  return one(
    () => make(all => `function named(${all})`, {}),
    () => make(all => `function (${all})`, {}),
    () => make(all => `(${all}) =>`, arrow),
    () => make(all => `async function named(${all})`, { awaits: true }),
    () => make(all => `async (${all}) =>`, { ...arrow, awaits: true }),
    () => make(all => `function* generator(${all})`, { seesTarget: false, yields: true }),
    () => make(all => `async function* generator(${all})`, { seesTarget: false, yields: true, awaits: true }),
    () => make(all => `({ method(${all})`, {}, ' }).method'),
    () => make(all => `({ async method(${all})`, { awaits: true }, ' }).method'),
    () => make(all => `({ *method(${all})`, { yields: true }, ' }).method'),
    () => make(all => `({ async *[Symbol.asyncIterator](${all})`, { yields: true }, ' })[Symbol.asyncIterator]'),
    () => make(() => `Object.getOwnPropertyDescriptor({ get value()`, {}, ` }, 'value').get`),
    () => make(() => `Object.getOwnPropertyDescriptor({ set value(a)`, {}, ` }, 'value').set`),
    () => make(all => `class { static method(${all})`, {}, ' }.method'),
    () => make(all => `class { static async '#odd name'(${all})`, { awaits: true }, ` }['#odd name']`),
    () => make(all => `(function bound(${all})`, {}, `).bind(${pickThing(choices)}, ${pickThing(choices)})`),
    () => make(all => `(() => { 'use strict'; return function strict(${all})`, {}, ' })()'),
    () => `function Legacy(a) { if (!new.target) return 'called'; this.a = a; log('target', new.target.name) }`,
    () => `function Legacy(a) { if (!(this instanceof f)) return new f(a); this.a = a }`,
    () =>
      `function curried(a) { return trace('inner', b => trace('innermost', c => { log('all', a, b, c); return f }) ) }`,
    () =>
      make(
        all => `new Proxy(function behind(${all})`,
        {},
        `, { apply(...all) { log('trap'); return Reflect.apply(...all) } })`,
      ),
    () => one(`new Function('a', 'return a')`, `(async x => x)`, `function f() { return f.name }`, `require => 1`),
  )
}

/** Built-in functions of JavaScript and Node, which all programs share. Programs call them and must not change them. */
const SHARED = [
  ...[
    'Math.max',
    'Array.prototype.map',
    'JSON.stringify',
    'Promise.resolve',
    'Promise.reject',
    'Object.prototype.toString',
  ],
  ...[
    'Map',
    'WeakMap',
    'Promise',
    'Error',
    'Proxy',
    'Symbol',
    'Function.prototype',
    'Array',
    'structuredClone',
    'setImmediate',
  ],
]

/** Returns the source text of changes to a function before it is traced. Tracing must keep all of them. */
function dressing({ one, some }) {
  return some(0, 3, () =>
    one(
      `Object.assign(original, { own: 1, [Symbol.for('own')]: 2 })`,
      `Reflect.defineMetadata('role', 'admin', original)`,
      `Object.defineProperty(original, 'name', { value: ${one("'renamed'", '7', "''", 'Symbol.iterator')} })`,
      `Object.defineProperty(original, 'name', { get() { log('name was read'); return 'got' }, configurable: true })`,
      `Object.defineProperty(original, 'length', { value: ${one('9', "'long'", '-1')} })`,
      `Object.defineProperty(original, 'own', { get() { log('own was read', typeof this); return 1 } })`,
      `Object.defineProperty(original, 'own', { set(value) { log('own was set', value, typeof this) } })`,
      `Object.setPrototypeOf(original, { helper() { return 'here' }, call: 1 })`,
      `Object.setPrototypeOf(original, null)`,
      `Object.assign(original, { apply: 1, call: 2, bind: 3 })`,
      `Object.assign(original, { apply() { log('own apply') }, call() { log('own call') } })`,
      `original.toString = () => 'own text'`,
      `Object.defineProperty(original, Symbol.hasInstance, { value: () => true })`,
      `Object.defineProperty(original, Symbol.toStringTag, { value: 'Own' })`,
      `if (original.prototype) original.prototype.extra = function () { return this.a }`,
      `original.prototype = { other: 1 }`,
      `delete original.name; delete original.length`,
      `Object.${one('freeze', 'preventExtensions')}(original)`,
    ),
  ).join('; ')
}

/** Returns the source text of one call to `f`, in any possible form. */
function call(choices) {
  const { one } = choices
  const value = () => pickThing(choices)
  return one(
    () => `f(${value()}, ${value()})`,
    'f()',
    () => `new f(${value()})`,
    () => `Reflect.apply(f, ${value()}, [${value()}])`,
    () => `Reflect.construct(f, [${value()}], ${one('Other', 'Array', 'f')})`,
    () => `Function.prototype.call.call(f, ${value()}, ${value()})`,
    () => `f.call(${value()}, 1)`,
    () => `f.apply(${value()}, [1, 2, 3])`,
    () => `({ f }).f(...[${value()}, 2])`,
    () => `Function.prototype.bind.call(f, ${value()}, 5)(6)`,
    () => `new (f.bind(null, 1))(2)`,
    'f`text`.length',
    '[1, 2].map(f)',
    'new (class Sub extends f {})(1)',
    'new (class Sub extends f { constructor() { super(2); this.b = 1 } })().a',
    `Object.defineProperty({}, 'got', { get: f }).got`,
    `Object.defineProperty({}, 'put', { set: f }).put = 1`,
    'f(1)(2)(3)',
    'new f(1) instanceof f',
    'Object.getPrototypeOf(new f(1)) === f.prototype',
    // Objects that a native constructor creates keep the original constructor, so only the program's own functions are
    // checked.
    'own && new f(1).constructor === f',
    '[...f(1, 2)]',
    'f().next()',
    'f?.(1)',
    'Promise.resolve(1).then(f, f)',
    () => `setImmediate(() => attempt(() => f(${value()})))`,
    `change(() => { original.changed = 1 }), f.changed`,
    `change(() => { f.changed = 1 }), original.changed`,
    `change(() => Object.defineProperty(f, 'put', { value: 1, configurable: true })), original.put`,
    'change(() => { f.own = 3 })',
    'f.own',
    () => `store('S ', () => f(${value()}))`,
  )
}

/** Generates a program about one function: what can be read from it, and calls to it. */
export function functionProgram(choices) {
  const { one, below, some } = choices
  const calls = some(1, 3, () => `attempt(() => ${call(choices)}, ${use(choices) || 'undefined'})`)
  const way = one('trace', 'twice', 'field')
  const own = below(4) < 3
  const looks = () => (own ? one('', 'describe(f)') : '')
  return `let depth = 0
const Other = function Other() {}
const own = ${own}
const change = alter => own && alter()
const original = ${own ? ownFunction(choices) : one(...SHARED)}
${own ? dressing(choices) : ''}
const f = ${way}('f', original, ${below(4)})
${looks()}
enter(() => {
  ${calls.join('\n  ')}
})
${looks()}`
}
