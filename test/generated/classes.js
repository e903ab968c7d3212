import { pickThing, promise, use } from './values.js'

const OPTIONS = [
  '{}',
  '{ tracePrivate: true }',
  '{ traceStaticMethods: true }',
  '{ traceSubclasses: true }',
  '{ traceSubclasses: true, tracePrivate: true, traceStaticMethods: true }',
  '{ hideResult: false }',
]

/** Returns the source text of a class's members. */
function members(choices, derived) {
  const { one, some } = choices
  const does = () =>
    one(
      () => `log('this', this, this.constructor === Type); return ${pickThing(choices)}`,
      () => `return ${promise(choices)}`,
      () => `throw ${pickThing(choices)}`,
      `return this`,
      () => (derived ? `log('super'); return super.method?.(a)` : `return a`),
      `return this.helper(a)`,
      `return this.#secret`,
      `return this.#hidden(a)`,
      `return [this.value, this.field]`,
    )
  const list = some(0, 5, () =>
    one(
      () => `method(a = 1) { ${does()} }`,
      () => `async method(a) { await null; ${does()} }`,
      () => `*method(a) { yield 1; ${does()} }`,
      () => `helper(a) { log('helper', a); return 'helped' }`,
      () => `_private(a) { ${does()} }`,
      () => `get value() { log('value was read', this.constructor === Type); return 'value' }`,
      () => `set value(value) { log('value was set', value) }`,
      () => `static method(a) { log('static', this === Type, a); return ${pickThing(choices)} }`,
      () => `static of(...all) { return new this(...all) }`,
      () => `*[Symbol.iterator]() { yield 'item' }`,
      () => `field = log('field', this.constructor === Type, new.target === undefined)`,
      () => `static { log('static block', this.name) }`,
      () => `static Inner = class Inner { method() { return 'inner' } }`,
      () => `bound = () => this.method?.(1)`,
      () => `get #getter() { return 'private getter' } other() { return this.#getter }`,
      () => `static async create(a) { return new this(a) }`,
      () => `toString() { return 'as text' } toJSON() { return 'as json' }`,
    ),
  )
  // A private name may be declared only once.
  return [...new Set(list)].filter(
    (text, index, all) => !text.includes('#getter()') || index === all.findIndex(each => each.includes('#getter()')),
  )
}

/** Returns the source text of a class. The class has no name, because a name would refer to the untraced class. */
function classText(choices, base) {
  const { one } = choices
  const construct = one(
    '',
    () =>
      `constructor(a, ...all) { ${base ? 'super(a, ...all);' : ''} log('constructed', new.target.name, a); this.a = a }`,
    () => `constructor(a) { ${base ? 'super();' : ''} this.result = this.method?.(a) }`,
    () => `constructor() { ${base ? 'super();' : ''} return ${one('this', '{ other: 1 }')} }`,
  )
  return `class ${base ? `extends ${base}` : ''} { #secret = 1; #hidden(a) { return a } ${construct}; ${members(choices, base !== undefined).join('; ')} }`
}

/** Returns the source text of a change to classes after one of them was traced. */
function change({ one }) {
  return one(
    '',
    `Base.prototype.method = function (a) { log('replaced in Base', a); return 'guard' }`,
    `Base.prototype.helper = () => 'mocked'`,
    `{ const { method } = Base.prototype; Object.defineProperty(Base.prototype, 'method', { get() { log('method was read', this instanceof Base); return () => 'got' }, configurable: true }); attempt(() => new Type(1).method(1)); Object.defineProperty(Base.prototype, 'method', { value: method, writable: true }) }`,
    `Object.setPrototypeOf(Type.prototype, { __proto__: Base.prototype, method() { return 'of another parent' }, helper() { return 'other helper' } })`,
    `Type.prototype.method = () => 'replaced'`,
    `Base.method = function () { return this === Type }`,
    `Type.added = 1; Type.prototype.added = 2`,
    `Object.assign(Base.prototype, { mixedIn() { return 'mixed in' } })`,
  )
}

function step(choices) {
  const { one } = choices
  const value = () => pickThing(choices)
  const made = () =>
    one(
      () => `new Type(${value()})`,
      () => `new Sub(${value()})`,
      `Type.of?.(1)`,
      `Reflect.construct(Type, [1], Other)`,
      `Reflect.construct(Type, [2], Base)`,
      `Reflect.construct(Base, [3], Type)`,
    )
  const member = () => one('method', 'helper', '_private', 'other', 'bound', 'mixedIn', 'toString', 'added')
  return one(
    () => made(),
    () => `${made()}.${member()}(${value()})`,
    () => `${made()}.${member()}?.(1)`,
    () => `Object.assign(${made()}, { method() { return 'own' } }).method(1)`,
    () => `Type.prototype.${member()}.call(${made()}, 1)`,
    () => `Base.prototype.${member()}.call(${made()}, 1)`,
    () => `Sub.${one('method', 'of', 'create')}(1)`,
    () => `Type.${one('method', 'of', 'create')}(1)`,
    () => `${made()}.constructor === ${one('Type', 'Sub', 'Base')}`,
    () => `${made()} instanceof ${one('Type', 'Sub', 'Base')}`,
    () => `Object.getPrototypeOf(${made()}) === ${one('Type', 'Sub', 'Other')}.prototype`,
    `Object.getPrototypeOf(Sub) === Type`,
    `Object.getPrototypeOf(Type) === Base`,
    `Type.prototype.constructor === Type`,
    `new Map([[Type, 'rights']]).get(new Type(1).constructor)`,
    () => `[...${made()}].length`,
    () => `JSON.stringify(${made()})`,
    () => `Object.keys(${made()}).join()`,
    () => `${made()}.value`,
    () => `Reflect.set(${made()}, 'value', 5)`,
    `Type.name + Type.length + typeof Type`,
    `Type(1)`,
    `new Type.Inner().method()`,
    `Object.keys(Type).join()`,
    `Reflect.getMetadata('role', Type)`,
    () =>
      `JSON.stringify(Object.getOwnPropertyDescriptor(${one('Base', 'Type')}.prototype, '${one('value', 'constructor')}'))`,
  )
}

/**
 * Returns source text that reads properties of a method. This must happen before `change()`: a traced method runs code
 * that is put into the base class later, but its properties remain those of the original method.
 */
function look({ one }) {
  const method = one('method', 'helper', '_private', 'toString', 'other')
  return one(
    `Reflect.getMetadata('role', Type.prototype.${method})`,
    `[Type.prototype.${method}].map(each => [each?.name, each?.length, String(each), each?.constructor?.name, each?.prototype]).join()`,
    `typeof new Type(1).${method} + ('${method}' in Type.prototype)`,
  )
}

/** Generates a program about classes that are traced as a whole or by method, and changed afterwards. */
export function classProgram(choices) {
  const { one, some, below } = choices
  const decorated = () => {
    const holder = one('Type.prototype', 'Type')
    return `if (Object.hasOwn(${holder}, 'method')) ${one('legacy', 'standard')}('m', ${holder}, 'method', ${below(4)})`
  }
  const traced = one(
    () => `Type = traceClass('c', Type, ${one(...OPTIONS)})`,
    decorated,
    () => `${decorated()}; Type = traceClass('c', Type, ${one(...OPTIONS)})`,
    () => `Type = traceClass('c', Type, ${one(...OPTIONS)}); Type = traceClass('d', Type, ${one(...OPTIONS)})`,
  )
  return `let Type
let Sub
const Other = function Other() {}
const Mixin = Parent => class Mixed extends Parent { mixed() { return super.method?.(1) } }
let Base = ${classText(choices, one(undefined, "class Root { method() { return 'root' } static method() { return 'static root' } }", 'Map', 'Own'))}
${one('', () => `Base = traceClass('base', Base, ${one(...OPTIONS)})`)}
Type = ${classText(choices, one('Base', 'Mixin(Base)'))}
${one('', `Reflect.defineMetadata('role', 'admin', Type)`, `if (Type.prototype.method) Reflect.defineMetadata('role', 'admin', Type.prototype.method)`)}
${traced}
Sub = ${one('class Sub extends Type {}', () => classText(choices, 'Type'))}
// A method that was a generator must remain a generator.
const keepsKind = ![Base, Type].some(type => String(type.prototype.method).startsWith('*'))
enter(() => {
  ${one('', () => `attempt(() => ${look(choices)})`)}
  if (keepsKind) { ${change(choices)} }
  ${some(1, 4, () => `attempt(() => ${step(choices)}, ${use(choices) || 'undefined'})`).join('\n  ')}
})`
}
