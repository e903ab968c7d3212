import { Error, Number, Object, Reflect } from '../platform/platform.js'

/** A function on the stack. Unknown strings are empty, and unknown numbers are 0. */
export interface Frame {
  readonly name: string
  /** A path or a URL. */
  readonly file: string
  readonly line: number
  readonly column: number
}

const { captureStackTrace } = Error

/**
 * Returns the innermost functions on the stack, the most recent call first. Reads only the first `maxFrames` functions.
 * Of these, returns at most `limit` functions whose files `isWanted` accepts. Works even if the program has frozen
 * `Error`.
 */
export function readStack(
  maxFrames: number,
  isWanted: (file: string) => boolean = () => true,
  limit = maxFrames,
): readonly Frame[] {
  let frames: readonly Frame[] | undefined
  const readFrames = (_error: unknown, callSites: readonly NodeJS.CallSite[]): string => {
    frames = selectFrames(callSites, isWanted, limit)
    return ''
  }
  // The members of `Error` are replaced without running a setter of the program. The program's own `prepareStackTrace`
  // must not run either, because it may map stack lines to their sources, which takes milliseconds.
  const restoreLimit = replaceErrorMember('stackTraceLimit', maxFrames)
  const restoreHook = replaceErrorMember('prepareStackTrace', readFrames)
  try {
    const holder: { stack?: unknown } = {}
    captureStackTrace(holder, readStack)
    const { stack } = holder
    return frames ?? parseStack(stack, isWanted, limit)
  } finally {
    restoreHook()
    restoreLimit()
  }
}

/** Replaces a member of `Error` if the program has not frozen it. Returns a function that restores the member. */
export function replaceErrorMember(name: 'stackTraceLimit' | 'prepareStackTrace', value: unknown): () => void {
  const original = Object.getOwnPropertyDescriptor(Error, name)
  if (original !== undefined && 'value' in original && original.writable === true) {
    Reflect.set(Error, name, value)
    return () => Reflect.set(Error, name, original.value)
  }
  Reflect.defineProperty(Error, name, { value, writable: true, configurable: true, enumerable: true })
  if (original === undefined) return () => Reflect.deleteProperty(Error, name)
  return () => Reflect.defineProperty(Error, name, original)
}

/** Returns at most `limit` functions whose files `isWanted` accepts. */
export function selectFrames(
  callSites: readonly NodeJS.CallSite[],
  isWanted: (file: string) => boolean,
  limit: number,
): readonly Frame[] {
  const frames: Frame[] = []
  for (const callSite of callSites) {
    if (frames.length === limit) break
    const file = callSite.getFileName() ?? ''
    if (!isWanted(file)) continue
    const [line, column] = [callSite.getLineNumber() ?? 0, callSite.getColumnNumber() ?? 0]
    frames.push({ name: callSite.getFunctionName() ?? '', file, line, column })
  }
  return frames
}

const STACK_LINE = /^\s+at (?:async |new )?(.*)$/s
/** Matches the name of a call such as `Order.get total [as sum]`, without its type and alias. */
const CALL = /^(?:[^ ]*\.)?(.*?)(?: \[as .*)?$/s
const PLACE = /^(?!eval at )(.*?)(?::(\d+))?(?::(\d+))?$/s

/** Parses the text of a stack. Used if Node or the program formats the stack despite the hook. */
export function parseStack(stack: unknown, isWanted: (file: string) => boolean, limit: number): readonly Frame[] {
  if (typeof stack !== 'string') return []
  return stack
    .split('\n')
    .map(parseLine)
    .filter(({ file }) => isWanted(file))
    .slice(0, limit)
}

function parseLine(line: string): Frame {
  const text = STACK_LINE.exec(line)?.[1] ?? ''
  // The name of a getter has a space, and so may a path. A path may have parentheses as well.
  const callEnd = text.endsWith(')') ? text.indexOf(' (') : -1
  const [call, place] = callEnd < 0 ? ['', text] : [text.slice(0, callEnd), text.slice(callEnd + 2, -1)]
  const [, file = '', at = '0', column = '0'] = PLACE.exec(place) ?? []
  const name = file === '' ? '' : (CALL.exec(call)?.[1] ?? '')
  return { name: name === '<anonymous>' ? '' : name, file, line: Number(at), column: Number(column) }
}
