import type { WriteStream } from 'node:tty'

/** An area of the terminal in which each drawing replaces the previous one. */
export interface ScreenArea {
  /** Draws as many lines as fit on the screen, because lines that have scrolled away cannot be replaced. */
  draw(drawing: string): void
  clear(): void
}

const DEFAULT_HEIGHT_ROWS = 24

/** Creates an area that begins at the cursor. If the terminal's height is unknown, 24 lines are assumed. */
export function createScreenArea(stream: Pick<WriteStream, 'write' | 'rows'>): ScreenArea {
  let height = 0
  // Moves to the first line of the last drawing, and clears everything from there on.
  const erase = (): string => (height === 0 ? '' : `\u001b[${height}F\u001b[J`)
  return {
    draw(drawing) {
      const lines = drawing
        .trimEnd()
        .split('\n')
        .slice(0, Math.max(1, (stream.rows || DEFAULT_HEIGHT_ROWS) - 1))
      stream.write(`${erase()}${lines.join('\n')}\n`)
      height = lines.length
    },
    clear() {
      stream.write(erase())
      height = 0
    },
  }
}
