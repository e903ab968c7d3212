/** The characters of a bar: full cells, half cells, and cells after the last known time. */
export interface BarStyle {
  readonly full: string
  readonly leftHalf: string
  readonly rightHalf: string
  /** The character for the time after the start of a point that has no stop. */
  readonly open: string
}

/** Bar style for terminals that show Unicode. */
export const UNICODE_BAR: BarStyle = { full: '━', leftHalf: '╸', rightHalf: '╺', open: '┄' }
/** Bar style for terminals that show only ASCII. It has full cells instead of half cells. */
export const ASCII_BAR: BarStyle = { full: '=', leftHalf: '=', rightHalf: '=', open: '.' }

/**
 * Draws intervals in `cells` characters. A short interval takes half a cell. An interval without an end extends to the
 * end of the line.
 */
export function drawBar(
  intervals: readonly { readonly startUs: number; readonly endUs: number | undefined }[],
  totalUs: number,
  cells: number,
  style: BarStyle,
): string {
  const halves = new Uint8Array(cells * 2)
  let openFrom = halves.length
  for (const { startUs, endUs } of intervals) {
    const first = Math.min(halves.length - 1, toHalfCell(startUs, totalUs, halves.length))
    const last = Math.max(first + 1, toHalfCell(endUs ?? startUs, totalUs, halves.length))
    halves.fill(1, first, last)
    if (endUs === undefined) openFrom = Math.min(openFrom, last)
  }
  let bar = ''
  for (let cell = 0; cell < cells; cell++) {
    const left = halves[cell * 2] === 1
    const right = halves[cell * 2 + 1] === 1
    if (left && right) bar += style.full
    else if (left) bar += style.leftHalf
    else if (right) bar += style.rightHalf
    else bar += cell * 2 + 1 >= openFrom ? style.open : ' '
  }
  return bar
}

function toHalfCell(us: number, totalUs: number, halves: number): number {
  return totalUs <= 0 ? 0 : Math.max(0, Math.min(halves, Math.round((us / totalUs) * halves)))
}
