import Module from 'node:module'

type Resolve = (specifier: string, context: unknown, next: (...args: unknown[]) => { url: string }) => { url: string }
type RegisterHooks = (hooks: { resolve: Resolve }) => { deregister(): void }

/**
 * Reports the URL of each module that the program resolves, before the module is loaded. Does nothing before Node
 * 22.15.
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
