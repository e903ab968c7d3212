import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { compare, FUNCTION_WAYS, type WayToTrace } from './ways-to-trace.js'

type Routine = (...args: never[]) => Generator<unknown, unknown, never>
interface Co {
  (routine: Routine | Generator, ...args: unknown[]): Promise<unknown>
  wrap<F extends Routine>(routine: F): ((...args: Parameters<F>) => Promise<unknown>) & { __generatorFunction__: F }
}

// co checks whether a function's constructor is GeneratorFunction.
const co = createRequire(import.meta.url)('co') as Co

const PROGRAMS: Record<string, (wrap: WayToTrace['wrap']) => unknown> = {
  'a generator function': wrap =>
    co(
      wrap(function* (): Generator<Promise<number>, number, number> {
        return (yield Promise.resolve(1)) + (yield Promise.resolve(2))
      }),
    ),

  'wrap, with a receiver and arguments': async wrap => {
    const fn = co.wrap(
      wrap(function* (this: { base: number }, value: number): Generator<unknown, number, number> {
        return this.base + (yield Promise.resolve(value))
      }),
    )
    return [await fn.call({ base: 3 } as never, 4 as never), fn.__generatorFunction__.length]
  },

  'generator functions and generators that are yielded': wrap => {
    const inner = wrap(function* (): Generator<unknown, number, number> {
      return yield Promise.resolve(5)
    })
    return co(function* (): Generator<unknown, unknown, unknown> {
      const thunk = wrap((done: (error: null, value: number) => void) => setImmediate(done, null, 6))
      return [
        yield inner,
        yield inner(),
        yield* inner() as Generator,
        yield thunk,
        yield [inner, thunk],
        yield { inner },
      ]
    } as Routine)
  },

  'a failure that is caught at its yield': wrap =>
    co(
      wrap(function* (): Generator<unknown, unknown, never> {
        let caught: unknown
        try {
          yield Promise.reject(new RangeError('sold out'))
        } catch (error) {
          caught = `caught ${error}`
        } finally {
          yield Promise.resolve()
        }
        return caught
      }),
    ),

  'a failure that is not caught': wrap =>
    co(
      wrap(function* (): Generator<unknown, unknown, never> {
        yield Promise.resolve()
        throw new RangeError('sold out')
      }),
    ).catch((error: Error) => error.message),

  'a plain function that returns a value': wrap => co(wrap(() => 7) as never),
}

describe.each(Object.entries(PROGRAMS))('co: %s', (_, program) => {
  it.each(FUNCTION_WAYS)('behaves the same whether it is untraced or traced with $name', async way => {
    const { untraced, outside, inside, points } = await compare(way, ({ wrap }) => program(wrap))

    expect(outside).toEqual(untraced)
    expect(inside).toEqual(untraced)
    expect(points).toBeGreaterThan(0)
  })
})
