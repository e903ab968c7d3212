import { Error, Number, Reflect } from '@osprofiler/core/toolkit'

/** A function on the stack. What is not known is empty, or 0. */
export interface Frame {
  readonly name: string
  /** A path or a URL. */
  readonly file: string
  readonly line: number
  readonly column: number
}

const { captureStackTrace } = Error

/** The newest functions on the stack, the last called first. No assignment, which fails where the program froze `Error`. */
export function readStack(frames: number): readonly Frame[] {
  const { stackTraceLimit, prepareStackTrace } = Error
  const holder: { stack?: readonly Frame[] | string } = {}
  try {
    Reflect.set(Error, 'stackTraceLimit', frames)
    // Tools that map the lines of a stack to their sources would spend milliseconds here.
    Reflect.set(Error, 'prepareStackTrace', readFrames)
    captureStackTrace(holder, readStack)
    const { stack = [] } = holder
    return typeof stack === 'string' ? stack.split('\n').map(readLine) : stack
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

const LINE =
  /^\s+at (?:async |new )?(?:(?:[^ ]*\.)?([^ .]+) (?:\[as [^\]]*\] )?)?\(?([^()]*?)(?::(\d+))?(?::(\d+))?\)?$/

/** Where Node or the program writes the stack as a text in spite of us. */
function readLine(line: string): Frame {
  const [, name = '', file = '', at = '0', column = '0'] = LINE.exec(line) ?? []
  return { name, file, line: Number(at), column: Number(column) }
}
