import { ASCII_GLYPHS, type Glyphs, UNICODE_GLYPHS } from './glyphs.js'
import { createPaint, type Paint } from './paint.js'

/** Properties of the terminal for which a trace or a comparison is drawn. */
export interface TerminalOptions {
  /** Maximum number of columns of a line. At least 20 for a tree, and 40 for a comparison. Default: 80. */
  readonly width?: number | undefined
  /** Whether to use colors, as ANSI escapes. Default: false. */
  readonly color?: boolean | undefined
  /**
   * Whether to draw lines, bars and signs with Unicode characters. Text from records is not affected. Default: true.
   */
  readonly unicode?: boolean | undefined
}

/** The width, the signs and the styles that a drawing uses. */
export interface Canvas {
  readonly columns: number
  readonly glyphs: Glyphs
  readonly paint: Paint
}

/** Maximum width of a drawing, in columns. A wider terminal is not filled. */
export const MAX_COLUMNS = 1000

/** Creates a canvas of at least `least` columns, because the drawing does not fit into fewer columns. */
export function createCanvas({ width = 80, color = false, unicode = true }: TerminalOptions, least: number): Canvas {
  const columns = Number.isFinite(width) ? Math.min(MAX_COLUMNS, Math.max(least, Math.floor(width))) : 80
  return { columns, glyphs: unicode ? UNICODE_GLYPHS : ASCII_GLYPHS, paint: createPaint(color) }
}
