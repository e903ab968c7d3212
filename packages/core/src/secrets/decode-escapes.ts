import { decodeURIComponent, Number, String } from '../platform.js'

/** A part of a URL as it was before it was escaped. One that was escaped wrongly is decoded as far as it is ASCII. */
export function decodeEscapes(part: string): string {
  const spaced = part.includes('+') ? part.replaceAll('+', ' ') : part
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced.replace(/%([0-7][\da-f])/gi, (_, digits: string) => String.fromCharCode(Number(`0x${digits}`)))
  }
}
