import Module from 'node:module'

/**
 * Node's `createRequire`: the `require` of a file. Taken as a member, because webpack replaces each call of an imported
 * `createRequire` by what it finds itself, or by `undefined`.
 */
export const requireFrom: typeof Module.createRequire = Module.createRequire
