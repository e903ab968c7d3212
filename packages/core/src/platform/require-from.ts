import Module from 'node:module'

/**
 * Node's `createRequire`, accessed as a member of the module. Webpack would replace calls to an imported
 * `createRequire` with a result of its own or with `undefined`.
 */
export const requireFrom: typeof Module.createRequire = Module.createRequire
