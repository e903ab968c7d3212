import { describe, expect, it } from 'vitest'
import { readParameterName } from '../src/tracing/parameter-names.js'
import { standIn } from '../src/wrapping/stand-in.js'

/** Returns the names of the first four parameters of the function with this source text. */
function namesIn(source: string): string[] {
  const fn: () => unknown = new Function(`return ${source}`)()
  return [0, 1, 2, 3].map(index => readParameterName(fn, index))
}

describe('the names of parameters', () => {
  it.each([
    ['(a, b) => {}', ['a', 'b', '', '']],
    ['a => a', ['a', '', '', '']],
    ['async a=>a', ['a', '', '', '']],
    ['async (a, b) => a', ['a', 'b', '', '']],
    ['() => (x, y)', ['', '', '', '']],
    ['function f(a, b) {}', ['a', 'b', '', '']],
    ['async function* f($a, _b) {}', ['$a', '_b', '', '']],
    ['({ m(a, b) {} }).m', ['a', 'b', '', '']],
    ['({ async *"odd(name"(a, b) {} })["odd(name"]', ['a', 'b', '', '']],
    ['({ [("x", "key")](a, b) {} }).key', ['a', 'b', '', '']],
    ['function f(número, пароль) {}', ['número', 'пароль', '', '']],
  ])('are read from %s', (source, names) => {
    expect(namesIn(source)).toEqual(names)
  })

  it.each([
    'function f(a = g(1, [2, 3]), b) {}',
    'function f(a = ",", b) {}',
    `function f(a = ')', b) {}`,
    'function f(a = `),(`, b) {}',
    'function f(a = /[,)"]/, b) {}',
    'function f(a /* , x */, b) {}',
    'function f(a, // no, not )\n b) {}',
    'function f(a = (x, y) => ({ x, y }), b) {}',
    'function f(a = 8 / 2, b = 4 / 2) {}',
  ])('are not confused by %s', source => {
    expect(namesIn(source)).toEqual(['a', 'b', '', ''])
  })

  it('are empty for destructured parameters and unreadable sources', () => {
    expect(namesIn('function f({ a, b }, [c], d) {}')).toEqual(['', '', 'd', ''])
    expect(readParameterName(Math.max, 0)).toBe('')
    expect(readParameterName((() => {}).bind(null), 0)).toBe('')
  })

  it('contain the name of a rest parameter for each of its arguments', () => {
    expect(namesIn('function f(a, ...rest) {}')).toEqual(['a', 'rest', 'rest', 'rest'])
    expect(namesIn('(...rest) => {}')).toEqual(['rest', 'rest', 'rest', 'rest'])
  })

  it('come from the original function if the function is a stand-in', () => {
    const wrapper = standIn(
      (password: string) => password,
      (original, self, args) => Reflect.apply(original, self, args),
    )

    expect(readParameterName(wrapper, 0)).toBe('password')
  })
})
