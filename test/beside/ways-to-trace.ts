import { run, setNotifier, type TraceDecorator, trace, traceClass } from '@osprofiler/core'

/** A decorator of classes that changes a class or replaces it by another of the same type. */
export type ClassChange = <C extends abstract new (...args: never[]) => object>(value: C) => C

/** How a program traces its functions, methods and classes. The program uses these decorators instead of fixed ones. */
export interface WayToTrace {
  readonly name: string
  /** Wraps a function. */
  readonly wrap: TraceDecorator
  /** Decorates a method above all other decorators. */
  readonly above: TraceDecorator
  /** Decorates a method below all other decorators. */
  readonly below: TraceDecorator
  /** Decorates a class above all other decorators. */
  readonly classAbove: ClassChange
  /** Decorates a class below all other decorators. */
  readonly classBelow: ClassChange
  /**
   * Decorates a class that a library knows from decorators of its members. The result is never a replacement for the
   * class.
   */
  readonly classInPlace: ClassChange
}

const keepMember = ((value: unknown, _key?: unknown, descriptor?: PropertyDescriptor) =>
  descriptor ?? value) as TraceDecorator
const keepClass: ClassChange = value => value

/** The program without this project. */
export const UNTRACED: WayToTrace = {
  name: 'not at all',
  wrap: keepMember,
  above: keepMember,
  below: keepMember,
  classAbove: keepClass,
  classBelow: keepClass,
  classInPlace: keepClass,
}

const traceOnce = trace('step')
const traceTwice: TraceDecorator = ((value: (...args: never[]) => unknown) =>
  trace('outer')(traceOnce(value))) as TraceDecorator
const EVERY_MEMBER = { tracePrivate: true, traceStaticMethods: true }

const traceWholeClass = traceClass('step')
const traceEveryMember = traceClass('step', EVERY_MEMBER)

/** Every way to trace that keeps the identity of a class. */
export const IN_PLACE_WAYS: readonly WayToTrace[] = [
  { ...UNTRACED, name: 'trace() of functions, above on methods', wrap: traceOnce, above: traceOnce },
  { ...UNTRACED, name: 'trace() of functions, below on methods', wrap: traceOnce, below: traceOnce },
  { ...UNTRACED, name: 'trace() twice', wrap: traceTwice, above: traceOnce, below: traceOnce },
  { ...UNTRACED, name: 'traceClass() above', classAbove: traceWholeClass, classInPlace: traceWholeClass },
  { ...UNTRACED, name: 'traceClass() below', classBelow: traceWholeClass, classInPlace: traceWholeClass },
  {
    ...UNTRACED,
    name: 'traceClass() of every member above',
    classAbove: traceEveryMember,
    classInPlace: traceEveryMember,
  },
  {
    ...UNTRACED,
    name: 'traceClass() of every member below',
    classBelow: traceEveryMember,
    classInPlace: traceEveryMember,
  },
  {
    ...UNTRACED,
    name: 'trace() below traceClass()',
    below: traceOnce,
    classAbove: traceWholeClass,
    classInPlace: traceWholeClass,
  },
]

const traceFamily = traceClass('step', { traceSubclasses: true })
const traceWholeFamily = traceClass('step', { ...EVERY_MEMBER, traceSubclasses: true })

/** The ways that return a replacement for the given class. */
export const PROXY_WAYS: readonly WayToTrace[] = [
  { ...UNTRACED, name: 'traceSubclasses above', classAbove: traceFamily, classInPlace: traceWholeClass },
  { ...UNTRACED, name: 'traceSubclasses below', classBelow: traceFamily, classInPlace: traceWholeClass },
  {
    name: 'everything at once',
    wrap: traceOnce,
    above: traceOnce,
    below: traceOnce,
    classAbove: traceWholeFamily,
    classBelow: traceWholeFamily,
    classInPlace: traceEveryMember,
  },
]

export const WAYS_TO_TRACE: readonly WayToTrace[] = [...IN_PLACE_WAYS, ...PROXY_WAYS]

/** The ways that differ for functions. */
export const FUNCTION_WAYS: readonly WayToTrace[] = [
  { ...UNTRACED, name: 'trace()', wrap: traceOnce },
  { ...UNTRACED, name: 'trace() twice', wrap: traceTwice },
  { ...UNTRACED, name: 'trace() that shows results', wrap: trace('step', { hideResult: false }) },
]

/**
 * The behavior of a program without this project, outside of a trace, and in a trace, with the points of that trace.
 */
export interface Comparison {
  readonly untraced: unknown
  readonly outside: unknown
  readonly inside: unknown
  readonly points: number
}

/** Runs a program without this project, and then traced in the given way: first outside of a trace, then in one. */
export async function compare(way: WayToTrace, program: (way: WayToTrace) => unknown): Promise<Comparison> {
  let points = 0
  setNotifier(({ name }) => {
    if (name.endsWith('-start')) points++
  })
  const untraced = await program(UNTRACED)
  const outside = await program(way)
  const inside = await run({ hmacKey: 'KEY' }, async () => await program(way))
  setNotifier(undefined)
  return { untraced, outside, inside, points }
}
