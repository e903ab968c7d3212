import { runInThisContext } from 'node:vm'
import { afterEach, describe, expect, it } from 'vitest'
import { type Frame, parseStack, readStack, replaceErrorMember, selectFrames } from '../src/call-sites/read-stack.js'

const original = Object.getOwnPropertyDescriptors(Error)
afterEach(() => {
  for (const name of ['stackTraceLimit', 'prepareStackTrace'] as const) {
    Reflect.deleteProperty(Error, name)
    const descriptor = original[name as keyof typeof original]
    if (descriptor !== undefined) Object.defineProperty(Error, name, descriptor)
  }
})

const all = (): boolean => true
const namesOf = (frames: readonly Frame[]): readonly string[] => frames.map(({ name }) => name)

describe('readStack()', () => {
  const isHere = (file: string): boolean => file.endsWith('read-stack.test.ts')
  const inner = (maxFrames: number, limit?: number): readonly Frame[] => readStack(maxFrames, isHere, limit)
  const outer = (maxFrames: number, limit?: number): readonly Frame[] => inner(maxFrames, limit)

  it('returns the calling functions, the innermost first', () => {
    const frames = outer(50)

    expect(namesOf(frames).slice(0, 2)).toEqual(['inner', 'outer'])
    for (const { line, column } of frames) expect(line * column).toBeGreaterThan(0)
  })

  it.each([
    ['no more functions than it may read', 1, 50, ['inner']],
    ['no more functions than it may return', 50, 2, ['inner', 'outer']],
    ['no functions if it may return none', 50, 0, []],
    ['no functions if it may read none', 0, 50, []],
  ])('returns %s', (_, maxFrames, limit, names) => {
    expect(namesOf(outer(maxFrames, limit))).toEqual(names)
  })

  it('counts functions of unwanted files as read, but not as returned', () => {
    const isWanted = (file: string): boolean => !isHere(file)

    expect(readStack(1, isWanted)).toEqual([])
    expect(readStack(50, isWanted, 1)).toHaveLength(1)
  })

  it('restores the members of Error if the check of a file throws', () => {
    Error.stackTraceLimit = 7
    Error.prepareStackTrace = String
    const isWanted = (): boolean => {
      throw new Error('The check fails')
    }

    expect(() => readStack(5, isWanted)).toThrow('The check fails')

    expect([Error.stackTraceLimit, Error.prepareStackTrace]).toEqual([7, String])
  })
})

describe('replaceErrorMember()', () => {
  it.each<[string, PropertyDescriptor | undefined]>([
    ['is missing', undefined],
    ['has a value', { value: 3, writable: true, configurable: true, enumerable: false }],
    ['is read-only', { value: 3, writable: false, configurable: true, enumerable: true }],
    ['is an accessor', { get: () => 3, configurable: true, enumerable: false }],
  ])('replaces and restores a member that %s', (_, descriptor) => {
    Reflect.deleteProperty(Error, 'stackTraceLimit')
    if (descriptor !== undefined) Object.defineProperty(Error, 'stackTraceLimit', descriptor)

    const before = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')
    const restore = replaceErrorMember('stackTraceLimit', 9)
    const replaced = Error.stackTraceLimit
    restore()

    expect(replaced).toBe(9)
    expect(Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit')).toEqual(before)
  })
})

describe('selectFrames()', () => {
  it('returns empty strings and zeros for what V8 does not know', () => {
    const unknown = (): null => null
    const callSite = {
      getFileName: unknown,
      getLineNumber: unknown,
      getColumnNumber: unknown,
      getFunctionName: unknown,
    } as unknown as NodeJS.CallSite

    expect(selectFrames([callSite], all, 1)).toEqual([{ name: '', file: '', line: 0, column: 0 }])
  })
})

describe('parseStack()', () => {
  /** Runs code that calls `take`. Returns the innermost call in the file, read from the stack's text and from V8. */
  function readBoth(code: string, file: string): { readonly parsed: unknown; readonly expected: unknown } {
    const load = runInThisContext(`(function load(take) { ${code} })`, { filename: file })
    const isFile = (each: string): boolean => each === file
    const read = (hook?: (error: Error, callSites: NodeJS.CallSite[]) => unknown): unknown => {
      const restore = replaceErrorMember('prepareStackTrace', hook)
      const holder: { stack?: unknown } = {}
      load(() => Error.captureStackTrace(holder))
      const { stack } = holder
      restore()
      return stack
    }

    const expected = read((_error, callSites) => selectFrames(callSites, isFile, 1)[0])
    return { parsed: parseStack(read(), isFile, 1)[0], expected }
  }

  const PATH = '/srv/shop/orders.js'
  it.each([
    ['a function', 'take()', PATH],
    ['a method', '({ total() { take() } }).total()', PATH],
    ['a method that was called by another name', 'const o = { total() { take() } }; ({ sum: o.total }).sum()', PATH],
    ['a getter', '({ get total() { return take() } }).total', PATH],
    ['a getter of a class', '(class Order { get total() { return take() } }).prototype.total', PATH],
    ['a constructor', 'new class Order { constructor() { take() } }', PATH],
    ['an async function', '(async function total() { take() })()', PATH],
    ['a function without a name', '(() => take())()', PATH],
    ['a function without a name that has an object as `this`', '(function () { take() }).call({})', PATH],
    ['a file in a folder with a space', 'take()', '/srv/my shop/orders.js'],
    ['a file in a folder with parentheses', 'take()', '/srv/my shop/(admin)/orders (1).js'],
    ['a nameless function in a folder with a space', '(() => take())()', '/srv/my shop/(admin)/orders.js'],
    ['a file with a colon and digits in its name', 'take()', '/srv/shop/orders:7.js'],
    ['a file on Windows', 'take()', 'C:\\shop\\orders.js'],
    ['a file URL', '(() => take())()', 'file:///srv/shop/orders.js?v=1:2'],
  ])('reads %s from the text of V8', (_, code, file) => {
    const { parsed, expected } = readBoth(code, file)

    expect(parsed).toEqual(expected)
    expect(parsed).toMatchObject({ file, line: 1 })
  })

  it.each([
    ['code in eval()', '    at eval (eval at load (/srv/orders.js:1:1), <anonymous>:1:1)'],
    ['the message of an error', 'Error: at load (/srv/orders.js:1:1)'],
    ['an empty line', ''],
  ])('finds no file for %s', (_, line) => {
    expect(parseStack(line, all, 9)).toEqual([{ name: '', file: '', line: 0, column: 0 }])
  })

  it('reads positions without a line or a column', () => {
    const frames = parseStack('    at load (/srv/orders.js:3)\n    at /srv/orders.js', all, 9)

    expect(frames).toEqual([
      { name: 'load', file: '/srv/orders.js', line: 3, column: 0 },
      { name: '', file: '/srv/orders.js', line: 0, column: 0 },
    ])
  })

  it.each([undefined, null, 7, [], {}, Symbol('stack')])('returns no functions for the stack %o', stack => {
    expect(parseStack(stack, all, 9)).toEqual([])
  })

  it('returns at most as many functions as it may', () => {
    const text = '    at load (/srv/orders.js:3:1)\n'.repeat(4)

    expect(parseStack(text, file => file !== '', 3)).toHaveLength(3)
  })
})
