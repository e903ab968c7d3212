import { Object } from './language.js'

/** Sets a member of our own object, whatever its name, and whatever the program did to `Object.prototype`. */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name in Object.prototype) {
    // An assignment would set the prototype, call a setter of the program, or fail on a frozen `Object.prototype`.
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
  } else {
    object[name] = value
  }
}
