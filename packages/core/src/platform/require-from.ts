import Module from 'node:module'

/** Node's `createRequire`, as a member: webpack replaces calls of an imported one by its own result or `undefined`. */
export const requireFrom: typeof Module.createRequire = Module.createRequire
