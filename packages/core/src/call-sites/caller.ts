import { addCodeMember, extendStack, type Stack } from './code-member.js'

/**
 * The code that called a library. The caller is remembered, because the library may make a point in a callback, whose
 * stack does not show the caller.
 */
export class Caller {
  #stack: Stack | undefined
  #infos: Record<string, unknown>[] = []

  /** @param stack the caller's stack, or `undefined` if `setStack` follows */
  constructor(stack?: Stack) {
    this.#stack = stack
  }

  setStack(stack: Stack): void {
    this.#stack = stack
    for (const info of this.#infos) addToInfo(info, stack)
    this.#infos = []
  }

  /**
   * Adds the caller's call site to the info of a point, now or as soon as the caller's stack is known. `own` is the
   * stack of the point itself. In a bundle, this stack may also show code of the program.
   */
  addTo(info: Record<string, unknown>, own: Stack): void {
    addCodeMember(info, own)
    if (this.#stack === undefined) this.#infos.push(info)
    else addToInfo(info, this.#stack)
  }
}

function addToInfo(info: Record<string, unknown>, stack: Stack): void {
  if ('code' in info) extendStack(info.code, stack)
  else addCodeMember(info, stack)
}

let outer: Caller | undefined

/** Returns the caller of the library that is running a callback now. */
export function outerCaller(): Caller | undefined {
  return outer
}

/**
 * Runs `fn`. Points that `fn` makes synchronously get the call site of `caller`, unless the stack shows code of the
 * program.
 */
export function runForCaller<T>(caller: Caller, fn: () => T): T {
  const before = outer
  outer = caller
  try {
    return fn()
  } finally {
    outer = before
  }
}
