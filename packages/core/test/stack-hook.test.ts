import { afterEach, describe, expect, it } from 'vitest'
import { mapByStackHook } from '../src/call-sites/stack-hook.js'

const FRAME = { name: 'loadOrders', file: '/srv/shop/orders.ts', line: 2, column: 5 }

type Hook = (error: Error, callSites: NodeJS.CallSite[]) => unknown

const original = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')
afterEach(() => {
  Reflect.deleteProperty(Error, 'prepareStackTrace')
  if (original !== undefined) Object.defineProperty(Error, 'prepareStackTrace', original)
})

function mapWith(hook: unknown, frame = FRAME): unknown {
  Reflect.set(Error, 'prepareStackTrace', hook)
  return mapByStackHook(frame)
}

/** Creates a hook that formats each call site as V8 does, after moving its position to `place`. */
const moveTo =
  (place: string): Hook =>
  (error, callSites) => {
    const lines = callSites.map(callSite => {
      const name = callSite.getFunctionName()
      return `\n    at ${name === null ? place : `${name} (${place})`}`
    })
    return `${error}${lines.join('')}`
  }

describe('mapByStackHook()', () => {
  it("maps a position with the program's Error.prepareStackTrace", () => {
    const mapped = mapWith(moveTo('/srv/shop/src/orders.ts:40:9'))

    expect(mapped).toEqual({ name: 'loadOrders', file: '/srv/shop/src/orders.ts', line: 40, column: 9 })
  })

  it.each([
    ['a getter', 'get total', '/srv/shop/orders.ts'],
    ['a file in a folder with parentheses', 'loadOrders', '/srv/shop/(admin)/orders.ts'],
    ['a function without a name in a folder with a space', '', '/srv/my shop/orders.ts'],
    ['a function whose name looks like a position', 'total (/tmp/a.ts:1:1)', ''],
  ])('keeps the name of %s', (_, name, file) => {
    const mapped = mapWith(moveTo(`${file || FRAME.file}:40:9`), { ...FRAME, name })

    expect(mapped).toMatchObject(file === '' ? { name } : { name, file, line: 40, column: 9 })
  })

  it('passes an error without a message and one call site, whose methods are inherited', () => {
    let seen: unknown
    mapWith((error: Error, callSites: object[]) => {
      const [callSite] = callSites as NodeJS.CallSite[]
      const copied = Object.getOwnPropertyNames(Object.getPrototypeOf(callSite))
      const own = Object.keys(callSite ?? {})
      seen = { message: error.message, count: callSites.length, own, hasIsAsync: copied.includes('isAsync') }
    })

    expect(seen).toEqual({ message: '', count: 1, own: [], hasIsAsync: true })
  })

  it('describes the position by the methods of a call site', () => {
    let seen: unknown
    mapWith((_error: Error, [callSite]: NodeJS.CallSite[]) => {
      const prototype: object = Object.getPrototypeOf(callSite)
      seen = Object.fromEntries(
        Object.entries(prototype).map(([name, method]) => [name, Reflect.apply(method, callSite, [])]),
      )
    })

    expect(seen).toMatchObject({
      getFileName: FRAME.file,
      getScriptNameOrSourceURL: FRAME.file,
      getLineNumber: 2,
      getColumnNumber: 5,
      getFunctionName: 'loadOrders',
      isToplevel: true,
      isEval: false,
      isNative: false,
      isConstructor: false,
    })
  })

  it.each<[string, unknown]>([
    ['there is no hook', undefined],
    ['the hook is not a function', 'hook'],
    ['the hook returns the same position', moveTo('/srv/shop/orders.ts:2:5')],
    ['the hook returns a position without a line', moveTo('/srv/shop/src/orders.ts')],
    ['the hook returns no call sites', String],
    ['the hook formats call sites without their methods', (_error: Error, [site]: unknown[]) => `\n    at ${site}`],
    ['the hook returns call sites instead of text', (_error: Error, callSites: unknown) => callSites],
    ['the hook returns a promise', async () => '    at loadOrders (/srv/shop/src/orders.ts:40:9)'],
    ['the hook returns nothing', () => undefined],
    [
      'the hook throws',
      () => {
        throw new Error('The hook fails')
      },
    ],
  ])('returns undefined if %s', (_, hook) => {
    expect(mapWith(hook)).toBeUndefined()
  })

  it('returns undefined if reading the hook throws', () => {
    Object.defineProperty(Error, 'prepareStackTrace', {
      get() {
        throw new Error('The hook must not be read')
      },
      configurable: true,
    })

    expect(mapByStackHook(FRAME)).toBeUndefined()
  })
})
