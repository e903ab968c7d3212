import { Object } from './language.js'

/**
 * Sets a member of an object that this project created. Any name works, even if the application changed
 * `Object.prototype`.
 */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name in Object.prototype) {
    // An assignment could set the prototype, call the application's setter, or fail because `Object.prototype` is
    // frozen.
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[name] = value
  }
}
