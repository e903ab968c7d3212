import { describe, expect, it } from 'vitest'
import { addCodeMember, extendStack, keepCodeMember, takeStack, toCodeMember } from '../src/call-sites/code-member.js'
import type { Frame } from '../src/call-sites/read-stack.js'

const FRAME: Frame = { name: 'loadOrders', file: '/srv/shop/orders.js', line: 3, column: 5 }
const OTHER: Frame = { ...FRAME, name: 'main' }

/** Returns a member `code` that was created from a stack. */
function createCode(stack: readonly Frame[] = [FRAME]): object {
  const info: { code?: object } = {}
  addCodeMember(info, stack)
  return info.code as object
}

describe('addCodeMember()', () => {
  it('adds the position of the first function', () => {
    const info = { host: 'web' }

    addCodeMember(info, [FRAME, OTHER])

    expect(info).toEqual({ host: 'web', code: { file: 'orders.js', line: 3, column: 5, function: 'loadOrders' } })
  })

  it('adds nothing for an empty stack', () => {
    const info = {}

    addCodeMember(info, [])

    expect(info).toEqual({})
  })

  it.each([undefined, null, 0, { file: 'own.js', line: 1 }])("keeps the program's own member `code`: %o", code => {
    const info = { code }

    addCodeMember(info, [FRAME])

    expect(info.code).toBe(code)
    expect(takeStack(info.code)).toBeUndefined()
  })
})

describe('toCodeMember()', () => {
  it.each([
    ['a column', { name: 'main', column: 0 }, { file: 'a.js', line: 1, function: 'main' }],
    ['a function name', { name: '', column: 2 }, { file: 'a.js', line: 1, column: 2 }],
    ['both', { name: '', column: 0 }, { file: 'a.js', line: 1 }],
  ])('leaves out %s if unknown', (_, position, code) => {
    expect(toCodeMember(position, 'a.js', 1)).toStrictEqual(code)
  })
})

describe('takeStack()', () => {
  it('returns the whole stack once', () => {
    const code = createCode([FRAME, OTHER])

    expect([takeStack(code), takeStack(code)]).toEqual([[FRAME, OTHER], undefined])
  })

  it('knows no stack of a copy', () => {
    expect(takeStack({ ...createCode() })).toBeUndefined()
  })
})

describe('extendStack()', () => {
  it('appends functions and leaves the earlier stack as it is', () => {
    const stack = [FRAME]
    const code = createCode(stack)

    extendStack(code, [OTHER])
    extendStack(code, [])

    expect(takeStack(code)).toEqual([FRAME, OTHER])
    expect(stack).toEqual([FRAME])
  })

  it('adds no stack to a member whose stack was taken', () => {
    const code = createCode()
    takeStack(code)

    extendStack(code, [OTHER])

    expect(takeStack(code)).toBeUndefined()
  })
})

describe('a member `code` of the program', () => {
  it.each([undefined, null, 7, 'orders.js:3', Symbol('code'), {}, [], () => 1])('has no stack: %o', code => {
    extendStack(code, [FRAME])

    expect(takeStack(code)).toBeUndefined()
  })
})

describe('keepCodeMember()', () => {
  it('restores the original member if a copy is equal', () => {
    const code = createCode()
    const info = { code: { ...code } }

    keepCodeMember(info, code)

    expect(info.code).toBe(code)
    expect(takeStack(info.code)).toEqual([FRAME])
  })

  it.each<[string, (code: object) => unknown]>([
    ['has another value', code => ({ ...code, line: 4 })],
    ['has one more member', code => ({ ...code, note: 'x' })],
    ['has one member less', ({ line, ...code }: { line?: number }) => code],
    ['has a member of another name', ({ line, ...code }: { line?: number }) => ({ ...code, row: line })],
    ['has the name of an inherited member', ({ line, ...code }: { line?: number }) => ({ ...code, toString: line })],
    ['is empty', () => ({})],
    ['is a list', code => Object.values(code)],
    ['is a text', JSON.stringify],
    ['is null', () => null],
    ['is undefined', () => undefined],
  ])('leaves a member that %s', (_, change) => {
    const code = createCode()
    const changed = change(code)
    const info = { code: changed }

    keepCodeMember(info, code)

    expect(info.code).toBe(changed)
  })

  it.each([undefined, null, 7, 'x', { file: 'a.js', line: 1 }])('leaves a copy of %o, which has no stack', original => {
    const copy = { file: 'a.js', line: 1 }
    const info = { code: copy }

    keepCodeMember(info, original)

    expect(info.code).toBe(copy)
  })

  it('adds no member that a hook has deleted', () => {
    const info = {}

    keepCodeMember(info, createCode())

    expect(info).toEqual({})
  })
})
