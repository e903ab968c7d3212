import Module from 'node:module'

/**
 * Node's `createRequire`, accessed as a member, because webpack replaces calls to an imported `createRequire` with its
 * own result or `undefined`.
 */
export const requireFrom: typeof Module.createRequire = Module.createRequire
