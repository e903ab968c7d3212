/** The head of the waterfall, which stays above the rows. */
const HEAD_PX = 28

/** The part of the rows that a reader sees, in pixels from the first row. */
export interface RowView {
  readonly top: number
  readonly height: number
}

/** Whether the rows scroll in a box of their own. In a small window the page scrolls instead. */
export function scrollsItself(grid: HTMLElement): boolean {
  return getComputedStyle(grid).overflowY === 'auto'
}

/** The top is negative where the first row stands below the upper edge of the window. */
export function rowView(grid: HTMLElement): RowView {
  if (scrollsItself(grid)) return { top: grid.scrollTop, height: grid.clientHeight - HEAD_PX }
  return { top: -grid.getBoundingClientRect().top, height: innerHeight - coveredPx() - HEAD_PX }
}

/** Scrolls as little as brings a row into sight, and puts a row from far away into the middle. */
export function bringIntoSight(grid: HTMLElement, rowTop: number, rowHeight: number): void {
  const { top, height } = rowView(grid)
  const room = height - rowHeight
  if (rowTop >= top && rowTop <= top + room) return
  const isNear = Math.abs(rowTop - top) < room + 4 * rowHeight
  const wanted = isNear ? (rowTop < top ? rowTop : rowTop - room) : rowTop - room / 2
  if (scrollsItself(grid)) grid.scrollTop = wanted
  else window.scrollBy(0, wanted - top)
}

/** Calls back whenever other rows may have come into sight. */
export function followScroll(grid: HTMLElement, follow: () => void): () => void {
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

/** What the details of a point cover at the lower edge of a small window. */
function coveredPx(): number {
  const details = document.querySelector('.details')
  const isOver = details !== null && getComputedStyle(details).position === 'fixed'
  return isOver ? details.getBoundingClientRect().height : 0
}
