import type { WriteStream } from 'node:tty'

/** A place in the terminal where each drawing replaces the one before. */
export interface ScreenArea {
  /** Shows as much of the drawing as fits on the screen: what has scrolled away cannot be replaced. */
  draw(drawing: string): void
  /** Takes the last drawing away. */
  clear(): void
}

const HEIGHT = 24

/** Makes such a place where the cursor is. */
export function createScreenArea(stream: Pick<WriteStream, 'write' | 'rows'>): ScreenArea {
  let height = 0
  // Up to the first line of what was drawn, and everything from there on cleared.
  const erase = (): string => (height === 0 ? '' : `\u001b[${height}F\u001b[J`)
  return {
    draw(drawing) {
      const lines = drawing
        .trimEnd()
        .split('\n')
        .slice(0, Math.max(1, (stream.rows || HEIGHT) - 1))
      stream.write(`${erase()}${lines.join('\n')}\n`)
      height = lines.length
    },
    clear() {
      stream.write(erase())
      height = 0
    },
  }
}
