import { Map } from './platform.js'

const MAX_REMEMBERED_TEXTS = 2_000
const MAX_TEXT_CHARS = 64

/** Caches the results of `read` for short texts, such as names. Clears the cache after `maxTexts` texts. */
export function remember<T>(
  read: (text: string) => T,
  maxTexts: number = MAX_REMEMBERED_TEXTS,
  maxChars: number = MAX_TEXT_CHARS,
): (text: string) => T {
  const remembered = new Map<string, T>()
  return text => {
    const cached = remembered.get(text)
    if (cached !== undefined) return cached
    const result = read(text)
    if (text.length <= maxChars) {
      if (remembered.size >= maxTexts) remembered.clear()
      remembered.set(text, result)
    }
    return result
  }
}
