import Module from 'node:module'

/**
 * Node's `createRequire`. It is accessed as a member of the module, because webpack replaces calls to an imported
 * `createRequire` with its own result or `undefined`.
 */
export const requireFrom: typeof Module.createRequire = Module.createRequire
