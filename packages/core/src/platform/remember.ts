import { Map } from './platform.js'

const MAX_REMEMBERED = 2_000
const MAX_LENGTH = 64

/** Remembers what `read` makes of short texts, such as names, and forgets them all after `maxRemembered` texts. */
export function remember<T>(
  read: (text: string) => T,
  maxRemembered: number = MAX_REMEMBERED,
  maxLength: number = MAX_LENGTH,
): (text: string) => T {
  const remembered = new Map<string, T>()
  return text => {
    const known = remembered.get(text)
    if (known !== undefined) return known
    const made = read(text)
    if (text.length <= maxLength) {
      if (remembered.size >= maxRemembered) remembered.clear()
      remembered.set(text, made)
    }
    return made
  }
}
