/** Returns whether a character code is that of a space or a tab. */
export function isBlank(code: number): boolean {
  return code === 32 || code === 9
}

/** Returns whether a character code is that of a line feed or a carriage return. */
export function isLineEnd(code: number): boolean {
  return code === 10 || code === 13
}

/** Returns whether a character code is that of a double quote, a single quote or a backtick. */
export function isQuote(code: number): boolean {
  return code === 34 || code === 39 || code === 96
}

/** Returns whether a name may contain a character: a letter, a digit, any of `_-.$%[]`, or any non-ASCII character. */
export function isNameCharacter(code: number): boolean {
  if (code >= 128) return true
  if (code >= 97) return code <= 122
  if (code >= 65) return code <= 93 ? code !== 92 : code === 95
  return (code >= 48 && code <= 57) || code === 45 || code === 46 || code === 36 || code === 37
}
