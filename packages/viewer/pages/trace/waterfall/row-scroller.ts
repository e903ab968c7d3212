/** The height of the waterfall's header, which stays above the rows. */
const HEAD_PX = 28

/** The visible part of the rows, in pixels from the first row. */
export interface RowView {
  readonly top: number
  readonly height: number
}

/** Returns whether the rows scroll inside the grid. In a small window, the page scrolls instead. */
export function scrollsItself(grid: HTMLElement): boolean {
  return getComputedStyle(grid).overflowY === 'auto'
}

/**
 * Returns the visible part of the rows. Its `top` is negative if the first row is below the upper edge of the window.
 */
export function readRowView(grid: HTMLElement): RowView {
  if (scrollsItself(grid)) return { top: grid.scrollTop, height: grid.clientHeight - HEAD_PX }
  return { top: -grid.getBoundingClientRect().top, height: innerHeight - readCoveredPx() - HEAD_PX }
}

/** Scrolls a row into view by the shortest distance, or to the middle if the row is far away. */
export function scrollIntoView(grid: HTMLElement, rowTop: number, rowHeight: number): void {
  const { top, height } = readRowView(grid)
  const room = height - rowHeight
  if (rowTop >= top && rowTop <= top + room) return
  const isNear = Math.abs(rowTop - top) < room + 4 * rowHeight
  const wanted = isNear ? (rowTop < top ? rowTop : rowTop - room) : rowTop - room / 2
  if (scrollsItself(grid)) grid.scrollTop = wanted
  else window.scrollBy(0, wanted - top)
}

/** Calls `follow` whenever other rows may have become visible. Returns a function that stops the calls. */
export function watchScroll(grid: HTMLElement, follow: () => void): () => void {
  const observer = new ResizeObserver(follow)
  observer.observe(grid)
  grid.addEventListener('scroll', follow, { passive: true })
  window.addEventListener('scroll', follow, { passive: true })
  window.addEventListener('resize', follow)
  return () => {
    observer.disconnect()
    grid.removeEventListener('scroll', follow)
    window.removeEventListener('scroll', follow)
    window.removeEventListener('resize', follow)
  }
}

/** Returns how many pixels the details pane covers at the lower edge of a small window. */
function readCoveredPx(): number {
  const details = document.querySelector('.details')
  const isOver = details !== null && getComputedStyle(details).position === 'fixed'
  return isOver ? details.getBoundingClientRect().height : 0
}
