import { Error, Number, Reflect } from '@osprofiler/core/toolkit'

/** A function on the stack. Strings that are unknown are empty, and numbers that are unknown are 0. */
export interface Frame {
  readonly name: string
  /** A path or a URL. */
  readonly file: string
  readonly line: number
  readonly column: number
}

const { captureStackTrace } = Error

/**
 * Returns the innermost functions on the stack, the most recent call first. Works even if the program has frozen
 * `Error`.
 */
export function readStack(maxFrames: number): readonly Frame[] {
  const { stackTraceLimit, prepareStackTrace } = Error
  const holder: { stack?: readonly Frame[] | string } = {}
  try {
    Reflect.set(Error, 'stackTraceLimit', maxFrames)
    // Replaces tools that map stack lines to their sources, which would take milliseconds here.
    Reflect.set(Error, 'prepareStackTrace', readFrames)
    captureStackTrace(holder, readStack)
    const { stack = [] } = holder
    return typeof stack === 'string' ? stack.split('\n').map(parseLine) : stack
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
    if (prepareStackTrace === undefined) Reflect.deleteProperty(Error, 'prepareStackTrace')
    else Reflect.set(Error, 'prepareStackTrace', prepareStackTrace)
  }
}

function readFrames(_error: unknown, frames: readonly NodeJS.CallSite[]): readonly Frame[] {
  return frames.map(frame => ({
    name: frame.getFunctionName() ?? '',
    file: frame.getFileName() ?? '',
    line: frame.getLineNumber() ?? 0,
    column: frame.getColumnNumber() ?? 0,
  }))
}

const STACK_LINE =
  /^\s+at (?:async |new )?(?:(?:[^ ]*\.)?([^ .]+) (?:\[as [^\]]*\] )?)?\(?([^()]*?)(?::(\d+))?(?::(\d+))?\)?$/

/** Parses a stack line. Used if Node or the program formats the stack as text despite the hook. */
function parseLine(line: string): Frame {
  const [, name = '', file = '', at = '0', column = '0'] = STACK_LINE.exec(line) ?? []
  return { name, file, line: Number(at), column: Number(column) }
}
