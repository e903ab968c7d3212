import { describe, expect, it } from 'vitest'
import { checkTraceable, createTracedFunction, isClass, isGeneratorFunction } from '../src/tracing/traced-function.js'
import type { AnyFunction } from '../src/wrapping/stand-in.js'
import { infoOf, traceRecords } from './fixtures/trace-records.js'

const nameOf = (): string => 'add'

it('checkTraceable() refuses classes, other non-functions, and traced functions with allowMultipleTrace: false', () => {
  const traced = createTracedFunction(() => {}, 'a', {}, nameOf)

  expect(() => checkTraceable(7, {})).toThrow(TypeError)
  expect(() => checkTraceable(class {}, {})).toThrow(TypeError)
  expect(() => checkTraceable(traced, { allowMultipleTrace: false })).toThrow('traced 1 times already')
  expect(checkTraceable(traced, {})).toBe(1)
})

it('isClass() and isGeneratorFunction() recognize classes and generator functions, even behind a stand-in', () => {
  const generate = createTracedFunction(function* () {}, 'a', {}, nameOf)
  const { class: method } = { class() {} }
  const aClass = class {} as unknown as AnyFunction

  expect([isClass(aClass), isClass(method), isClass(() => {})]).toEqual([true, false, false])
  expect([isGeneratorFunction(generate), isGeneratorFunction(() => {})]).toEqual([true, false])
})

describe('a traced function', () => {
  it('is recorded with its name, arguments, result, and the info of its options', async () => {
    const info = { kind: 'sum', token: 'SEALED' }
    const add = createTracedFunction((a: number, b: number) => a + b, 'math', { info, hideResult: false }, nameOf)

    const records = await traceRecords(() => add(1, 2))

    expect(infoOf(records, 'math-start')).toMatchObject({
      kind: 'sum',
      token: '***',
      function: { name: 'add', args: '[1,2]' },
    })
    expect(infoOf(records, 'math-stop')).toMatchObject({ function: { result: '3' } })
  })

  it('hides all arguments with hideArgs, and always hides arguments whose names refer to a secret', async () => {
    const hidden = createTracedFunction((_: string) => {}, 'a', { hideArgs: true }, nameOf)
    const login = createTracedFunction((_user: string, _password: string) => {}, 'b', {}, nameOf)

    const records = await traceRecords(() => {
      hidden('SEALED')
      login('bob', 'SEALED')
    })

    expect(JSON.stringify(records)).not.toContain('SEALED')
    expect(infoOf(records, 'b-start')).toMatchObject({ function: { args: '["bob","***"]' } })
  })

  it('does not run getters of its info option', async () => {
    const info = {
      get secret(): never {
        return expect.unreachable()
      },
    }
    const traced = createTracedFunction(() => 1, 'a', { info }, nameOf)

    const records = await traceRecords(() => traced())

    expect(infoOf(records, 'a-start')).toHaveProperty('function')
  })
})
