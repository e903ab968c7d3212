/** Shortens a text to `limit` characters. Keeps the beginning, and the end, which often says what to do. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text
  const half = (limit - 1) >> 1
  return `${text.slice(0, half)}…${text.slice(text.length - half)}`.toWellFormed()
}
