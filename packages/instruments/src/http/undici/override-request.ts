import { Object, Reflect, WeakMap } from '@osprofiler/core/toolkit'
import { createOverrides, type Override } from '../../wrapping/override-methods.js'

/**
 * Overrides methods of single requests of undici, whichever copy has made them: those of these names that the version has.
 * The returned function does so for one request, and reports whether it could.
 */
export function createRequestOverrides(names: readonly string[], override: Override): (request: object) => boolean {
  const byPrototype = new WeakMap<object, (request: object) => boolean>()
  return request => {
    const prototype: object = Object.getPrototypeOf(request)
    const known = byPrototype.get(prototype)
    if (known !== undefined) return known(request)
    const there = names.filter(name => typeof Reflect.get(prototype, name) === 'function')
    const made = createOverrides(prototype, Object.fromEntries(there.map(name => [name, override])))
    byPrototype.set(prototype, made)
    return made(request)
  }
}
