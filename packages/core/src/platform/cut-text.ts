/** Cuts a text to `length` characters, never inside a surrogate pair. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text
  return `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}...`
}
