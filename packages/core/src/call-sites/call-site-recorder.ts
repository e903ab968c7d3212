import { Promise, Reflect, Set } from '../platform/platform.js'
import { Caller, outerCaller } from './caller.js'
import { addCodeMember, type Stack } from './code-member.js'
import { isOwnCodeBundled, mayBeProgram } from './program-file.js'
import { readStack } from './read-stack.js'
import type { StackBudget } from './stack-budget.js'

/**
 * When a request has used up its time for reading stacks, this many more of its points still get a call site. Each of
 * these points must have a new name or statement.
 */
const MAX_SHAPES = 200
const MAX_SHAPE_CHARS = 300

const MAX_FRAMES = 50
/**
 * The maximum number of frames that are kept as candidates for the call site. Several are kept, because only the source
 * map shows whether code belongs to the program.
 */
const MAX_CANDIDATES = 8

const NO_STACK: Stack = []
const { then } = Promise.prototype

/** Finds where the program creates the points of one request, within a time limit. */
export class CallSiteRecorder {
  readonly #budget: StackBudget
  readonly #lateShapes = new Set<string>()

  constructor(budget: StackBudget) {
    this.#budget = budget
  }

  /** Adds the call site to the info of a new point. `info` must contain only plain values. */
  addTo(info: Record<string, unknown>, name: string): void {
    if (!this.#budget.hasTime() && !this.#isNewShape(name, info)) return
    const stack = this.#read()
    const caller = outerCaller()
    if (isShown(stack) || caller === undefined) addCodeMember(info, stack)
    else caller.addTo(info, stack)
  }

  /** Returns the code that calls a library now, for points that the library makes later. */
  findCaller(): Caller | undefined {
    if (!this.#budget.hasTime()) return undefined
    const stack = this.#read()
    return stack.length > 0 ? new Caller(stack) : (outerCaller() ?? new Caller(stack))
  }

  /**
   * Returns the code that called a `then` method. `resolve` is the method's first argument. If the program used
   * `await`, its function is not on the stack yet. The function appears only in a stack that is read in a later
   * microtask, and only if the microtask's result is passed to `resolve`.
   */
  findAwaitingCaller(resolve: unknown): Caller | undefined {
    const caller = this.findCaller()
    if (caller === undefined || typeof resolve !== 'function') return caller
    const stack = this.#read()
    if (isShown(stack)) return caller
    const awaitingCaller = new Caller()
    const later = Reflect.apply(then, Promise.resolve(), [
      () => {
        awaitingCaller.setStack([...stack, ...this.#read()])
        // The returned promise stays pending, because only the library's object may settle the promise that the program
        // awaits.
        return new Promise(() => undefined)
      },
    ])
    Reflect.apply(then, later, [resolve])
    return awaitingCaller
  }

  #read(): Stack {
    try {
      // In a bundle, libraries and this project are in the program's file, so their functions are candidates as well.
      const limit = isOwnCodeBundled() ? MAX_FRAMES : MAX_CANDIDATES
      return this.#budget.spend(() => readStack(MAX_FRAMES, mayBeProgram, limit))
    } catch {
      // Reading may throw if the program has replaced members of `Error`.
      return NO_STACK
    }
  }

  #isNewShape(name: string, info: Readonly<Record<string, unknown>>): boolean {
    if (this.#lateShapes.size >= MAX_SHAPES) return false
    const shape = `${name} ${readStatement(info)}`.slice(0, MAX_SHAPE_CHARS)
    const isNew = !this.#lateShapes.has(shape)
    if (isNew) this.#lateShapes.add(shape)
    return isNew
  }
}

/**
 * Returns whether the stack shows code of the program. In a bundle, this is known only after source maps are applied.
 */
function isShown(stack: Stack): boolean {
  return stack.length > 0 && !isOwnCodeBundled()
}

/** Returns the text that distinguishes points of the same name. */
function readStatement({ db, function: called, request }: Readonly<Record<string, unknown>>): string {
  const { statement } = (db ?? {}) as { statement?: unknown }
  const { name } = (called ?? {}) as { name?: unknown }
  const { path } = (request ?? {}) as { path?: unknown }
  // Values of other types come from the program, and converting them to text may throw.
  return [statement, name, path].find(value => typeof value === 'string') ?? ''
}
