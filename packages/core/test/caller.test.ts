import { describe, expect, it } from 'vitest'
import { Caller, outerCaller, runForCaller } from '../src/call-sites/caller.js'
import { takeStack } from '../src/call-sites/code-member.js'
import type { Frame } from '../src/call-sites/read-stack.js'

const frameOf = (name: string): Frame => ({ name, file: `/srv/shop/${name}.js`, line: 3, column: 5 })
const LIBRARY = frameOf('library')
const PROGRAM = frameOf('program')
const codeOf = (name: string) => ({ file: `${name}.js`, line: 3, column: 5, function: name })

describe('a caller', () => {
  it('gives its call site to a point whose own stack is empty', () => {
    const info = {}

    new Caller([PROGRAM]).addTo(info, [])

    expect(info).toEqual({ code: codeOf('program') })
  })

  it('gives its call site to a point as soon as its stack is known', () => {
    const caller = new Caller()
    const info = {}

    caller.addTo(info, [])
    const before = { ...info }
    caller.setStack([PROGRAM])

    expect([before, info]).toEqual([{}, { code: codeOf('program') }])
  })

  it.each<[string, (caller: Caller, info: Record<string, unknown>) => void]>([
    [
      'known before the point',
      (caller, info) => {
        caller.setStack([PROGRAM])
        caller.addTo(info, [LIBRARY])
      },
    ],
    [
      'known after the point',
      (caller, info) => {
        caller.addTo(info, [LIBRARY])
        caller.setStack([PROGRAM])
      },
    ],
  ])('follows the own stack of a point, if its stack is %s', (_, apply) => {
    const info: Record<string, unknown> = {}

    apply(new Caller(), info)

    expect(info.code).toEqual(codeOf('library'))
    expect(takeStack(info.code)).toEqual([LIBRARY, PROGRAM])
  })

  it('adds its stack to each point once', () => {
    const caller = new Caller()
    const info: Record<string, unknown> = {}

    caller.addTo(info, [LIBRARY])
    caller.setStack([PROGRAM])
    caller.setStack([PROGRAM])

    expect(takeStack(info.code)).toEqual([LIBRARY, PROGRAM])
  })

  it("keeps the program's own member `code`", () => {
    const [early, late] = [{ code: 7 }, { code: 'own' }]
    const caller = new Caller()

    caller.addTo(early, [LIBRARY])
    caller.setStack([PROGRAM])
    caller.addTo(late, [LIBRARY])

    expect([early, late]).toEqual([{ code: 7 }, { code: 'own' }])
  })

  it('adds nothing if its stack is empty', () => {
    const [early, late] = [{}, {}]
    const caller = new Caller()

    caller.addTo(early, [])
    caller.setStack([])
    caller.addTo(late, [])

    expect([early, late]).toEqual([{}, {}])
  })
})

describe('runForCaller()', () => {
  it('makes a caller the outer caller while the function runs, and returns its result', () => {
    const caller = new Caller([PROGRAM])

    const during = runForCaller(caller, outerCaller)

    expect(during).toBe(caller)
    expect(outerCaller()).toBeUndefined()
  })

  it('returns to the caller of the enclosing function', () => {
    const [outer, inner] = [new Caller(), new Caller()]

    const seen = runForCaller(outer, () => [runForCaller(inner, outerCaller), outerCaller()])

    expect(seen[0]).toBe(inner)
    expect(seen[1]).toBe(outer)
  })

  it('ends if the function throws', () => {
    const fail = (): never => {
      throw new Error('The callback fails')
    }

    expect(() => runForCaller(new Caller(), fail)).toThrow('The callback fails')

    expect(outerCaller()).toBeUndefined()
  })

  it('ends before an async function continues', async () => {
    const after = await runForCaller(new Caller(), async () => {
      await undefined
      return outerCaller()
    })

    expect(after).toBeUndefined()
  })
})
