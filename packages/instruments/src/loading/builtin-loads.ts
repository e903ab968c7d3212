import { process, setTimeout } from '@osprofiler/core/toolkit'
import { watchResolved } from './resolve-hook.js'

// When it was asked for it is loaded soon: at once by `require`, with all that is imported beside it by `import`.
const LOOK_AFTER_MS = [0, 100, 1_000]

/**
 * Gives a module of Node itself to `onLibrary` once the program has loaded it, and returns a function that undoes that.
 * It is never loaded for that: Node warns who loads one that is experimental. Before Node 22.15 one that is loaded
 * later is not found.
 */
export function whenBuiltinLoaded(name: string, onLibrary: (exports: object) => () => void): () => void {
  let undo: (() => void) | undefined
  let asked = true

  function look(): void {
    if (!asked || undo !== undefined || !isBuiltinLoaded(name)) return
    undo = onLibrary(process.getBuiltinModule(name) as object)
  }

  look()
  const unwatch = watchResolved(url => {
    if (url !== name || undo !== undefined) return
    for (const ms of LOOK_AFTER_MS) setTimeout(look, ms).unref()
  })
  return () => {
    asked = false
    unwatch()
    undo?.()
    undo = undefined
  }
}

/** Whether the program has loaded a module of Node itself. */
export function isBuiltinLoaded(name: string): boolean {
  const { moduleLoadList = [] } = process as { moduleLoadList?: readonly string[] }
  return moduleLoadList.includes(`NativeModule ${name.replace(/^node:/, '')}`)
}
