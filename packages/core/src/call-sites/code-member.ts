import { Object, WeakMap } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'
import { toShownFile } from './program-file.js'
import type { Frame } from './read-stack.js'

/** The functions on the stack that may belong to the program, the most recent call first. */
export type Stack = readonly Frame[]

/** The place in the program where a point was created. `file` is a path with `/`, relative to the program's root. */
export interface CodeMember {
  readonly file: string
  readonly line: number
  readonly column?: number
  readonly function?: string
}

const stacks = shared('call-sites', () => new WeakMap<object, Stack>())

/**
 * Adds the member `code` to a point's `info`, with the position of the first function in the stack. `mapCallSites`
 * replaces this raw position with the source position before the record is written.
 */
export function addCodeMember(info: Record<string, unknown>, stack: Stack): void {
  const [frame] = stack
  // If the program has set its own member `code`, the program's member stays.
  if (frame === undefined || 'code' in info) return
  const code = toCodeMember(frame, toShownFile(frame.file), frame.line)
  stacks.set(code, stack)
  info.code = code
}

/**
 * Appends functions to the stack from which `addCodeMember` created `code`. The appended functions are only used if no
 * earlier function in the stack belongs to the program.
 */
export function extendStack(code: unknown, more: Stack): void {
  if (typeof code !== 'object' || code === null) return
  const stack = stacks.get(code)
  if (stack !== undefined) stacks.set(code, [...stack, ...more])
}

/**
 * Returns the stack from which `addCodeMember` created `code`, and forgets the stack. A second call returns
 * `undefined`.
 */
export function takeStack(code: unknown): Stack | undefined {
  if (typeof code !== 'object' || code === null) return undefined
  const stack = stacks.get(code)
  if (stack !== undefined) stacks.delete(code)
  return stack
}

/** Keeps a point's call site if a hook has replaced the record's info with a copy that has an equal `code`. */
export function keepCodeMember(info: Record<string, unknown>, original: unknown): void {
  const { code } = info
  if (typeof code !== 'object' || code === null || typeof original !== 'object' || original === null) return
  if (stacks.has(original) && isSame(code, original)) info.code = original
}

/** Creates the member `code` from a position. */
export function toCodeMember({ name, column }: Pick<Frame, 'name' | 'column'>, file: string, line: number): CodeMember {
  return { file, line, ...(column > 0 ? { column } : {}), ...(name === '' ? {} : { function: name }) }
}

function isSame(one: object, other: object): boolean {
  const entries = Object.entries(one)
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([name, value]) => value === Object.getOwnPropertyDescriptor(other, name)?.value)
  )
}
