import { run, setNotifier, type TraceDecorator, trace, traceClass } from '@osprofiler/core'

/** A decorator of classes that changes a class or replaces it by another of the same type. */
export type ClassChange = <C extends abstract new (...args: never[]) => object>(value: C) => C

/** How a program traces its functions, its methods and its classes. A program takes it in place of fixed decorators. */
export interface WayToTrace {
  readonly name: string
  /** Wraps a function. */
  readonly wrap: TraceDecorator
  /** Stands above every other decorator of a method. */
  readonly above: TraceDecorator
  /** Stands below every other decorator of a method. */
  readonly below: TraceDecorator
  /** Stands above every other decorator of a class. */
  readonly classAbove: ClassChange
  /** Stands below every other decorator of a class. */
  readonly classBelow: ClassChange
  /** Decorates a class that a library knows by what decorators of members have registered: never a class that stands for it. */
  readonly classInPlace: ClassChange
}

const unchanged = ((value: unknown, _key?: unknown, descriptor?: PropertyDescriptor) =>
  descriptor ?? value) as TraceDecorator
const sameClass: ClassChange = value => value

/** The program as it is without us. */
export const UNTRACED: WayToTrace = {
  name: 'not at all',
  wrap: unchanged,
  above: unchanged,
  below: unchanged,
  classAbove: sameClass,
  classBelow: sameClass,
  classInPlace: sameClass,
}

const point = trace('step')
const twice: TraceDecorator = ((value: (...args: never[]) => unknown) => trace('outer')(point(value))) as TraceDecorator
const everyMember = { tracePrivate: true, traceStaticMethods: true }

const whole = traceClass('step')
const every = traceClass('step', everyMember)

/** Every way to trace that leaves the identity of a class as it is. */
export const WAYS_IN_PLACE: readonly WayToTrace[] = [
  { ...UNTRACED, name: 'trace() of functions, above on methods', wrap: point, above: point },
  { ...UNTRACED, name: 'trace() of functions, below on methods', wrap: point, below: point },
  { ...UNTRACED, name: 'trace() twice', wrap: twice, above: point, below: point },
  { ...UNTRACED, name: 'traceClass() above', classAbove: whole, classInPlace: whole },
  { ...UNTRACED, name: 'traceClass() below', classBelow: whole, classInPlace: whole },
  { ...UNTRACED, name: 'traceClass() of every member above', classAbove: every, classInPlace: every },
  { ...UNTRACED, name: 'traceClass() of every member below', classBelow: every, classInPlace: every },
  { ...UNTRACED, name: 'trace() below traceClass()', below: point, classAbove: whole, classInPlace: whole },
]

const family = traceClass('step', { traceSubclasses: true })
const wholeFamily = traceClass('step', { ...everyMember, traceSubclasses: true })

/** The ways that hand back a class that stands for the given one. */
export const WAYS_BY_PROXY: readonly WayToTrace[] = [
  { ...UNTRACED, name: 'traceSubclasses above', classAbove: family, classInPlace: whole },
  { ...UNTRACED, name: 'traceSubclasses below', classBelow: family, classInPlace: whole },
  {
    name: 'everything at once',
    wrap: point,
    above: point,
    below: point,
    classAbove: wholeFamily,
    classBelow: wholeFamily,
    classInPlace: every,
  },
]

export const WAYS_TO_TRACE: readonly WayToTrace[] = [...WAYS_IN_PLACE, ...WAYS_BY_PROXY]

/** The ways that differ for functions. */
export const WAYS_OF_FUNCTIONS: readonly WayToTrace[] = [
  { ...UNTRACED, name: 'trace()', wrap: point },
  { ...UNTRACED, name: 'trace() twice', wrap: twice },
  { ...UNTRACED, name: 'trace() that shows results', wrap: trace('step', { hideResult: false }) },
]

/** What a program did without us, with us outside of a trace, and with us in a trace, with the points of the latter. */
export interface Comparison {
  readonly untraced: unknown
  readonly outside: unknown
  readonly inside: unknown
  readonly points: number
}

/** Runs a program without us, and then traced that way: outside of a trace first, then in one. */
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
