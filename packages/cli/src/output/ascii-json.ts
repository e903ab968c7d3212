const BEYOND_ASCII = /[\u007f-\uffff]/g

/** JSON in ASCII only, as Python writes it, with a line break after it: what a terminal would obey stays an escape. */
export function asciiJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2)
  return `${text.replace(BEYOND_ASCII, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}
