const ANSI_CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 }

/** A style of text in a terminal. */
export type Style = keyof typeof ANSI_CODES

/** A function that applies styles to a text, or returns the text unchanged if colors are off. */
export type Paint = (text: string, ...styles: readonly (Style | undefined)[]) => string

/** Creates a function that styles text with ANSI escapes, or returns the text unchanged if `color` is false. */
export function createPaint(color: boolean): Paint {
  if (!color) return text => text
  return (text, ...styles) => {
    const codes = styles.filter(style => style !== undefined).map(style => ANSI_CODES[style])
    return codes.length === 0 || text.trim() === '' ? text : `\u001b[${codes.join(';')}m${text}\u001b[0m`
  }
}
