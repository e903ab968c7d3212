import { Error, Object } from '../platform/platform.js'
import { type Frame, parseStack } from './read-stack.js'

/**
 * Maps a position with the program's own `Error.prepareStackTrace`. Tools that compile TypeScript in memory, such as
 * ts-node and swc-node, map stacks in that function and do not give Node their source maps.
 */
export function mapByStackHook(frame: Frame): Frame | undefined {
  try {
    // The program may have replaced the member with a getter that throws.
    const { prepareStackTrace } = Error
    if (typeof prepareStackTrace !== 'function') return undefined
    const stack: unknown = prepareStackTrace(new Error(''), [createCallSite(frame)])
    const [mapped] = parseStack(stack, file => file !== '', 1)
    // If the tool has no source map for the file, it returns the raw position, which would be wrong.
    const isMapped = mapped !== undefined && (mapped.line !== frame.line || mapped.column !== frame.column)
    return isMapped && mapped.line > 0 ? { ...mapped, name: frame.name } : undefined
  } catch {
    return undefined
  }
}

/**
 * Creates a call site. Its methods are inherited, because tools copy them from the prototype, as for V8's own
 * `CallSite`.
 */
function createCallSite({ file, line, column, name }: Frame): NodeJS.CallSite {
  const missing = (): undefined => undefined
  const not = (): boolean => false
  return Object.create({
    getFileName: () => file,
    getScriptNameOrSourceURL: () => file,
    getLineNumber: () => line,
    getColumnNumber: () => column,
    getFunctionName: () => name || null,
    ...{ getThis: missing, getFunction: missing, getEvalOrigin: missing, getTypeName: missing, getMethodName: missing },
    ...{ isNative: not, isEval: not, isConstructor: not, isAsync: not, isPromiseAll: not, getPromiseIndex: missing },
    isToplevel: () => true,
  })
}
