import { process, setTimeout } from '@osprofiler/core/toolkit'
import { watchResolved } from './resolve-hook.js'

// A module is loaded soon after it is resolved: at once by `require`, and together with the other imports by `import`.
const CHECK_DELAYS_MS = [0, 100, 1_000]

/**
 * Calls `onLibrary` once the program has loaded a built-in module of Node. Returns a function that undoes this. Never
 * loads the module itself, because Node warns about experimental modules. Before Node 22.15, a module that is loaded
 * after this call is not detected.
 */
export function whenBuiltinLoaded(name: string, onLibrary: (exports: object) => () => void): () => void {
  let undo: (() => void) | undefined
  let isActive = true

  function checkLoaded(): void {
    if (!isActive || undo !== undefined || !isBuiltinLoaded(name)) return
    undo = onLibrary(process.getBuiltinModule(name) as object)
  }

  checkLoaded()
  const unwatch = watchResolved(url => {
    if (url !== name || undo !== undefined) return
    for (const delayMs of CHECK_DELAYS_MS) setTimeout(checkLoaded, delayMs).unref()
  })
  return () => {
    isActive = false
    unwatch()
    undo?.()
    undo = undefined
  }
}

/** Returns whether Node has loaded a built-in module, such as `node:sqlite`. Does not load the module. */
export function isBuiltinLoaded(name: string): boolean {
  const { moduleLoadList = [] } = process as { moduleLoadList?: readonly string[] }
  return moduleLoadList.includes(`NativeModule ${name.replace(/^node:/, '')}`)
}
