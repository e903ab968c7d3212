import { run, setNotifier, type TraceDecorator, trace, traceClass } from '@osprofiler/core'

/** A class decorator that changes a class, or replaces it with another class of the same type. */
export type ClassChange = <C extends abstract new (...args: never[]) => object>(value: C) => C

/** How a program traces its functions, methods and classes. The program uses these decorators instead of fixed ones. */
export interface WayToTrace {
  readonly name: string
  /** Traces a function. */
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
   * Decorates a class that a library already knows, because its member decorators have run. Never replaces the class,
   * because the library would not know the replacement.
   */
  readonly classInPlace: ClassChange
}

const keepMember = ((value: unknown, _key?: unknown, descriptor?: PropertyDescriptor) =>
  descriptor ?? value) as TraceDecorator
const keepClass: ClassChange = value => value

/** Traces nothing, so that a program runs without this project. */
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

/** Every way to trace that does not replace the class. */
export const IN_PLACE_WAYS: readonly WayToTrace[] = [
  {
    ...UNTRACED,
    name: 'trace() on functions, and on methods above other decorators',
    wrap: traceOnce,
    above: traceOnce,
  },
  {
    ...UNTRACED,
    name: 'trace() on functions, and on methods below other decorators',
    wrap: traceOnce,
    below: traceOnce,
  },
  { ...UNTRACED, name: 'trace() twice', wrap: traceTwice, above: traceOnce, below: traceOnce },
  {
    ...UNTRACED,
    name: 'traceClass() above other decorators',
    classAbove: traceWholeClass,
    classInPlace: traceWholeClass,
  },
  {
    ...UNTRACED,
    name: 'traceClass() below other decorators',
    classBelow: traceWholeClass,
    classInPlace: traceWholeClass,
  },
  {
    ...UNTRACED,
    name: 'traceClass() on every member, above other decorators',
    classAbove: traceEveryMember,
    classInPlace: traceEveryMember,
  },
  {
    ...UNTRACED,
    name: 'traceClass() on every member, below other decorators',
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
  {
    ...UNTRACED,
    name: 'traceSubclasses above other decorators',
    classAbove: traceFamily,
    classInPlace: traceWholeClass,
  },
  {
    ...UNTRACED,
    name: 'traceSubclasses below other decorators',
    classBelow: traceFamily,
    classInPlace: traceWholeClass,
  },
  {
    name: 'all of these ways at once',
    wrap: traceOnce,
    above: traceOnce,
    below: traceOnce,
    classAbove: traceWholeFamily,
    classBelow: traceWholeFamily,
    classInPlace: traceEveryMember,
  },
]

export const WAYS_TO_TRACE: readonly WayToTrace[] = [...IN_PLACE_WAYS, ...PROXY_WAYS]

/** The ways that matter for a program that traces only functions. */
export const FUNCTION_WAYS: readonly WayToTrace[] = [
  { ...UNTRACED, name: 'trace()', wrap: traceOnce },
  { ...UNTRACED, name: 'trace() twice', wrap: traceTwice },
  { ...UNTRACED, name: 'trace() that records results', wrap: trace('step', { hideResult: false }) },
]

/**
 * The results of a program that runs three times: without this project, traced but outside of any trace, and inside a
 * trace. `points` is the number of recorded points.
 */
export interface Comparison {
  readonly untraced: unknown
  readonly outside: unknown
  readonly inside: unknown
  readonly points: number
}

/**
 * Runs a program three times: without this project, with this project but outside of a trace, and in a trace.
 */
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
