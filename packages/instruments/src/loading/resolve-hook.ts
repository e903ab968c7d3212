import Module from 'node:module'

type Resolve = (specifier: string, context: unknown, next: (...args: unknown[]) => { url: string }) => { url: string }
type RegisterHooks = (hooks: { resolve: Resolve }) => { deregister(): void }

/**
 * Tells of every module that the program asks for from now on, by its URL and before it is loaded. Returns a function
 * that undoes it. Where Node cannot be asked for that (before 22.15), it does nothing.
 */
export function watchResolved(watcher: (url: string) => void): () => void {
  const { registerHooks } = Module as { registerHooks?: RegisterHooks }
  const hooks = registerHooks?.({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      watcher(resolved.url)
      return resolved
    },
  })
  return () => hooks?.deregister()
}
